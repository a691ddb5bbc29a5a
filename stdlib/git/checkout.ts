/**
 * A checkout. The repository's own files are made in a folder that only the runner has, where nothing that user code
 * wrote is ever read, and are put into the workspace when all is done.
 */
import {
  appendFileSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { folderWithin } from '../../src/runner/workspace.ts';
import { type Address, checkRef, isCommitId, parseAddress, submoduleAddress } from './address.ts';
import { type GitEnd, type GitOptions, git } from './git.ts';
import { type Login, loginFor } from './login.ts';
import { checkoutSubmodules, readSubmodules, type Submodule } from './submodules.ts';
import { isMissingRef, type Trouble, troubleOf } from './trouble.ts';

export interface CheckoutOptions {
  url: string;
  /** A branch, a tag or a full ref. Neither it nor a revision: the repository's HEAD. */
  ref?: string;
  /** A commit. */
  revision?: string;
  /** Commits of history; 0 for all, with all branches and tags. */
  depth: number;
  submodules: boolean;
  /** The folder of the Secret. */
  secret?: string;
  /** Absolute, without links: see folderWithin. */
  directory: string;
  /** A repository that is there already is replaced; else that is an error. */
  replace: boolean;
  /** A folder that only the runner has. */
  tmp: string;
  signal: AbortSignal;
  graceMs: number;
  onMessage: (chunk: Buffer) => void;
  /** Called as soon as it is known. */
  onRevision: (revision: string) => void;
}

/** What went wrong and how to cure it. */
export class CheckoutError extends Error {
  override readonly name = 'CheckoutError';
  readonly transient: boolean;

  constructor({ message, transient }: Trouble) {
    super(message);
    this.transient = transient;
  }
}

/** @returns the commit. @throws Error with a cure; CheckoutError for what git itself said. */
export async function checkout(options: CheckoutOptions): Promise<string> {
  const address = parseAddress(options.url);
  if (options.ref !== undefined) checkRef(options.ref);
  return checkoutFrom(address, options);
}

/** @param depth of submodules within submodules. */
async function checkoutFrom(address: Address, options: CheckoutOptions, depth = 0): Promise<string> {
  const target = join(options.directory, '.git');
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
    if (!options.replace) {
      throw new Error(
        'there is a git repository in this folder already: name another folder in `into`, or remove it first',
      );
    }
    rmSync(target, { recursive: true, force: true });
  }
  const real = realpathSync(options.directory);
  const home = mkdtempSync(join(options.tmp, 'git-'));
  try {
    const clone = new Clone(address, options, home);
    await clone.prepare();
    const revision = await clone.fetch();
    options.onRevision(revision);
    checkSame(options.directory, real);
    await clone.checkOut(revision);
    if (options.submodules) {
      const modules = await clone.submodules(revision);
      await checkoutSubmodules(modules, depth, ({ path, url, commit }) => {
        const module = submoduleAddress(address.url, url);
        // A login is for one server; another repository's author chose this address.
        const { secret, ...rest } = options;
        const inner: CheckoutOptions = {
          ...rest,
          ...(secret !== undefined && module.origin === address.origin ? { secret } : {}),
          // Its commit is in its parent's tree.
          url: module.url,
          revision: commit,
          depth: options.depth,
          directory: folderWithin(options.directory, options.directory, path),
          replace: true,
          onRevision: () => {},
        };
        delete inner.ref;
        return checkoutFrom(module, inner, depth + 1);
      });
    }
    checkSame(options.directory, real);
    // Last, so that a checkout that failed can be tried again.
    await place(join(home, 'repository'), target, options.directory);
    return revision;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const ALL = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'] as const;

class Clone {
  readonly #address: Address;
  readonly #options: CheckoutOptions;
  readonly #login: Login;
  readonly #home: string;
  readonly #gitDir: string;
  #branch: string | undefined;

  constructor(address: Address, options: CheckoutOptions, home: string) {
    this.#address = address;
    this.#options = options;
    this.#home = home;
    this.#gitDir = join(home, 'repository');
    this.#login = loginFor(address, options.secret, home);
  }

  async prepare(): Promise<void> {
    await this.#must(['init', '--quiet', '--template=']);
    // What the user's own git finds later; the login is not in it.
    this.#configure('[core]\n\tbare = false\n');
    const url = quoted(this.#address.url);
    this.#configure(`[remote "origin"]\n\turl = ${url}\n\tfetch = ${ALL[0]}\n`);
  }

  /** Written by hand: each start of git costs milliseconds. */
  #configure(section: string): void {
    appendFileSync(join(this.#gitDir, 'config'), section);
  }

  async fetch(): Promise<string> {
    const { revision, ref, depth } = this.#options;
    if (revision !== undefined && revision !== '') return this.#fetchRevision(revision);
    // The first is the first in FETCH_HEAD too.
    const end = await this.#fetch([ref ?? 'HEAD', ...(depth === 0 ? ALL : [])], depth);
    if (end.code !== 0) {
      if (isMissingRef(end.stderr)) {
        throw new Error(
          ref === undefined
            ? 'the repository has no HEAD: is it empty? Name a branch'
            : `the repository has no branch or tag '${ref}'`,
        );
      }
      throw new CheckoutError(troubleOf(end.stderr));
    }
    return this.#takeFetchHead(ref);
  }

  async #fetchRevision(revision: string): Promise<string> {
    const { depth, ref } = this.#options;
    // Most servers give any commit by its id; those that do not give it with all that leads there.
    if (isCommitId(revision) && depth !== 0) {
      const end = await this.#fetch([revision], depth);
      if (end.code === 0) return this.#commitOf(revision);
      if (!isMissingRef(end.stderr)) throw new CheckoutError(troubleOf(end.stderr));
    }
    await this.#fetchAll();
    const found = await this.#find(revision);
    if (found !== undefined) return found;
    // Of a pull request, say: no branch leads to it.
    for (const wanted of isCommitId(revision) ? [revision, ref] : [ref]) {
      if (wanted === undefined) continue;
      await this.#fetch([wanted], 0);
      const late = await this.#find(revision);
      if (late !== undefined) return late;
    }
    throw new Error(
      `the repository has no commit '${revision.slice(0, 100)}', or no branch leads to it any more`,
    );
  }

  async #fetchAll(): Promise<void> {
    const end = await this.#fetch(ALL, 0);
    if (end.code !== 0) throw new CheckoutError(troubleOf(end.stderr));
  }

  #fetch(refs: readonly string[], depth: number): Promise<GitEnd> {
    const shallow = depth > 0 ? [`--depth=${depth}`, '--no-tags'] : [];
    return this.#git(['fetch', '--quiet', '--no-write-commit-graph', ...shallow, 'origin', ...refs]);
  }

  /** FETCH_HEAD says what the name turned out to be: `ID\t\tbranch 'main' of …`. */
  async #takeFetchHead(ref: string | undefined): Promise<string> {
    const line = readFileSync(join(this.#gitDir, 'FETCH_HEAD'), 'utf8').split('\n')[0] ?? '';
    const [id = '', , what = ''] = line.split('\t');
    const name = ref?.replace(/^refs\/heads\//, '');
    if (name !== undefined && what.startsWith(`branch '`)) {
      this.#branch = name;
      await this.#must(['update-ref', `refs/remotes/origin/${name}`, id]);
      if (isCommitId(id)) return id;
    }
    return this.#commitOf(id);
  }

  async #commitOf(name: string): Promise<string> {
    const found = await this.#find(name);
    if (found === undefined) throw new Error(`'${name}' is no commit`);
    return found;
  }

  async #find(name: string): Promise<string | undefined> {
    const end = await this.#git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
    const id = end.stdout.trim();
    return end.code === 0 && isCommitId(id) ? id : undefined;
  }

  async checkOut(revision: string): Promise<void> {
    const branch = this.#branch === undefined ? ['--detach'] : ['-B', this.#branch];
    // Files of the user's that are in the way are replaced, others stay.
    await this.#must(['checkout', '--quiet', '--force', ...branch, revision], this.#options.directory);
    if (this.#branch === undefined) return;
    const merge = quoted(`refs/heads/${this.#branch}`);
    this.#configure(`[branch ${quoted(this.#branch)}]\n\tremote = origin\n\tmerge = ${merge}\n`);
  }

  /** From the commit itself, not from the files in the workspace. */
  async submodules(revision: string): Promise<Submodule[]> {
    const config = await this.#git(['config', '-z', '--blob', `${revision}:.gitmodules`, '--list']);
    if (config.code !== 0) return [];
    const modules = readSubmodules(config.stdout, await this.#must(['ls-tree', '-r', '-z', revision]));
    for (const { name, url } of modules) await this.#must(['config', `submodule.${name}.url`, url]);
    return modules;
  }

  async #must(args: readonly string[], workTree?: string): Promise<string> {
    const end = await this.#git(args, workTree);
    if (end.code !== 0) throw new CheckoutError(troubleOf(end.stderr));
    return end.stdout;
  }

  async #git(args: readonly string[], workTree?: string): Promise<GitEnd> {
    const { signal, graceMs, onMessage } = this.#options;
    const options: GitOptions = {
      gitDir: this.#gitDir,
      ...(workTree === undefined ? {} : { workTree }),
      home: this.#home,
      config: this.#login.config,
      env: this.#login.env,
      signal,
      graceMs,
      onMessage,
    };
    const end = await git(args, options);
    if (signal.aborted) throw new Error('ended before its end');
    return end;
  }
}

/** While git fetched, what earlier steps left running may have put a link where the folder was. */
function checkSame(directory: string, real: string): void {
  const found = realpathSync(directory);
  if (found !== real) throw new Error(`'${directory}' was replaced by a symbolic link to '${found}'`);
}

/** By a rename where it is one file system, so that a repository in the workspace is always a whole one. */
async function place(from: string, target: string, directory: string): Promise<void> {
  try {
    renameSync(from, target);
  } catch {
    const near = mkdtempSync(join(directory, '.git-'));
    try {
      await cp(from, join(near, 'git'), { recursive: true, verbatimSymlinks: true });
      renameSync(join(near, 'git'), target);
    } finally {
      rmSync(near, { recursive: true, force: true });
    }
  }
}

/** As git's config files have it; there are no control characters in what gets here. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
