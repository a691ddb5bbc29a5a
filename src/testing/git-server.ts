/** A git server over http on loopback: git's own http-backend behind node:http. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface GitServerOptions {
  /** Asked for by Basic authentication. */
  login?: { username: string; password: string };
  /** An old server: gives a commit only by a branch or tag. */
  old?: boolean;
}

export class GitServer {
  readonly root: string = mkdtempSync(join(tmpdir(), 'otto-git-server-'));
  readonly #options: GitServerOptions;
  readonly #server: Server;
  #port = 0;
  /** As `GET /app.git/info/refs 401`. */
  readonly answers: string[] = [];
  /** Answered with this status, so many times. */
  failing: { status: number; times: number } = { status: 503, times: 0 };

  constructor(options: GitServerOptions = {}) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  get port(): number {
    return this.#port;
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.#port}/${name}.git`;
  }

  /** Runs git in the repository's own work tree. */
  git(name: string, ...args: string[]): string {
    return execFileSync('git', args, {
      cwd: join(this.root, name),
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: this.root,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@a.invalid',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@a.invalid',
      },
    }).trim();
  }

  /** A repository with one commit of these files on `main`. @returns the commit. */
  repository(name: string, files: Readonly<Record<string, string>>): string {
    mkdirSync(join(this.root, name), { recursive: true });
    this.git(name, 'init', '-q', '-b', 'main');
    const commit = this.commit(name, files);
    execFileSync('ln', ['-s', `${name}/.git`, join(this.root, `${name}.git`)]);
    return commit;
  }

  commit(name: string, files: Readonly<Record<string, string>>): string {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name, file)), { recursive: true });
      writeFileSync(join(this.root, name, file), content);
    }
    this.git(name, 'add', '-A');
    this.git(name, 'commit', '-q', '--allow-empty', '-m', 'a change');
    return this.git(name, 'rev-parse', 'HEAD');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.root, { recursive: true, force: true });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, headers: Record<string, string> = {}): void => {
      this.answers.push(`${request.method} ${url.pathname} ${status}`);
      response.writeHead(status, headers).end();
    };
    if (this.failing.times > 0) {
      this.failing.times--;
      answer(this.failing.status);
      return;
    }
    const { login, old } = this.#options;
    if (login !== undefined) {
      const wanted = Buffer.from(`${login.username}:${login.password}`).toString('base64');
      if (request.headers.authorization !== `Basic ${wanted}`) {
        answer(401, { 'WWW-Authenticate': 'Basic realm="git"' });
        return;
      }
    }
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        HOME: this.root,
        GIT_PROJECT_ROOT: this.root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        ...(old === true ? {} : { GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '') }),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    request.pipe(backend.stdin);
    backend.stdin.on('error', () => {});
    let head = Buffer.alloc(0);
    let isBody = false;
    backend.stdout.on('data', (chunk: Buffer) => {
      if (isBody) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      isBody = true;
      let status = 200;
      for (const line of head.toString('latin1', 0, end).split('\r\n')) {
        const [name = '', value = ''] = line.split(/:\s*/, 2);
        if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      this.answers.push(`${request.method} ${url.pathname} ${status}`);
      response.writeHead(status);
      response.write(head.subarray(end + 4));
    });
    backend.on('close', () => response.end());
  }
}
