// The images that examples and tests run in, one table. They are made from Debian's packages and from what this
// machine has (Go, Node), so that no registry is needed.
import type { DebianRecipe } from './debian.ts';
import type { ImageConfig } from './layout.ts';

export type Layer =
  | { readonly kind: 'debian'; readonly recipe: DebianRecipe }
  /** A Go program of this folder, linked statically, at `path` in the image. */
  | { readonly kind: 'go'; readonly folder: string; readonly path: string }
  /** The Node of this checkout, or the Go installation of this machine without its tests and documents. */
  | { readonly kind: 'node' }
  | { readonly kind: 'go-toolchain' };

export interface ExampleImage {
  readonly ref: string;
  readonly description: string;
  /** Public images that this one stands in for on a cluster that cannot pull, under their own names. */
  readonly standsInFor: readonly string[];
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

const runtime = ['busybox-static', 'ca-certificates'];
const debian = (name: string, packages: readonly string[], more: Partial<DebianRecipe> = {}): Layer => ({
  kind: 'debian',
  recipe: { name, packages: [...runtime, ...packages], ...more },
});
const shell = (name: string): string => `ln -sfn ${name} usr/bin/sh`;
const busybox: Layer = { kind: 'debian', recipe: { name: 'busybox', packages: ['busybox-static'] } };
const ref = (name: string): string => `localhost/otto-examples/${name}:dev`;
const library = (...names: string[]): string[] => names.map((name) => `docker.io/library/${name}`);

export const exampleNames = [
  'busybox',
  'dash',
  'bash',
  'nonroot',
  'noshell',
  'python',
  'golang',
  'node',
  'postgres',
  'redis',
  'ruby',
  'git-server',
] as const;
export type ExampleName = (typeof exampleNames)[number];

export const exampleImages: Readonly<Record<ExampleName, ExampleImage>> = {
  busybox: {
    ref: ref('busybox'),
    description: 'busybox and nothing else; sh is ash',
    standsInFor: library('busybox:1.36', 'busybox:latest'),
    layers: [busybox],
    config: { cmd: ['sh'] },
  },
  dash: {
    ref: ref('dash'),
    description: "Debian's coreutils; sh is dash",
    standsInFor: library('debian:12'),
    layers: [
      debian('dash', ['dash', 'coreutils', 'sed', 'grep', 'findutils', 'procps'], { setup: shell('dash') }),
    ],
    config: { cmd: ['sh'] },
  },
  bash: {
    ref: ref('bash'),
    description: "Debian's coreutils; sh is bash",
    standsInFor: library('bash:5.2'),
    layers: [
      debian('bash', ['bash', 'coreutils', 'sed', 'grep', 'findutils', 'procps'], { setup: shell('bash') }),
    ],
    config: { cmd: ['bash'] },
  },
  nonroot: {
    ref: ref('nonroot'),
    description: 'busybox that runs as user 1234',
    standsInFor: [],
    layers: [busybox],
    config: { cmd: ['sh'], user: '1234:1234' },
  },
  noshell: {
    ref: ref('noshell'),
    description: 'one static program, /app: prints its arguments; --exit CODE, --sleep DURATION',
    standsInFor: [],
    layers: [{ kind: 'go', folder: 'noshell', path: 'app' }],
    config: { entrypoint: ['/app'] },
  },
  python: {
    ref: ref('python'),
    description: 'Python 3.11; sh is dash',
    standsInFor: library('python:3.11', 'python:3.12', 'python:3.13'),
    layers: [
      debian('python', ['python3', 'dash', 'libsqlite3-0'], {
        setup: `${shell('dash')}; ln -s python3 usr/bin/python`,
      }),
    ],
    config: { cmd: ['python3'], env: { PYTHONDONTWRITEBYTECODE: '1', LANG: 'C.UTF-8' } },
  },
  golang: {
    ref: ref('golang'),
    description: "this machine's Go, without cgo",
    standsInFor: library('golang:1.26'),
    layers: [debian('git-tools', ['git']), { kind: 'go-toolchain' }],
    config: {
      cmd: ['sh'],
      env: {
        PATH: '/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
        CGO_ENABLED: '0',
        GOROOT: '/usr/local/go',
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-buildvcs=false',
        GOPATH: '/tmp/go',
        GOCACHE: '/tmp/go-build',
      },
    },
  },
  node: {
    ref: ref('node'),
    description: 'Node 24, without npm',
    standsInFor: library('node:24'),
    layers: [debian('cxx-runtime', ['libstdc++6', 'git']), { kind: 'node' }],
    config: { cmd: ['node'] },
  },
  postgres: {
    ref: ref('postgres'),
    description: 'PostgreSQL 15 as any user; POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB',
    standsInFor: library('postgres:15', 'postgres:17'),
    layers: [
      debian('postgres', ['postgresql-15', 'libnss-wrapper'], {
        // The compiler of queries is 110 MB, and off.
        setup: [
          'rm -rf usr/lib/*/libLLVM* usr/lib/*/libclang* usr/lib/llvm-* usr/lib/postgresql/15/lib/bitcode',
          'rm -rf usr/lib/postgresql/15/lib/llvmjit* usr/lib/*/libz3.so* usr/share/postgresql-common',
          'for tool in usr/lib/postgresql/15/bin/*; do ln -sfn "/$tool" usr/bin/; done',
          'install -m 0755 "$FILES/postgres-entrypoint" usr/bin/postgres-entrypoint',
          'mkdir -p var/lib/postgresql; chmod 1777 var/lib/postgresql',
        ].join('\n'),
      }),
    ],
    config: { entrypoint: ['/usr/bin/postgres-entrypoint'], user: '999:999', ports: [5432] },
  },
  redis: {
    ref: ref('redis'),
    description: 'Redis 7, in memory only',
    standsInFor: library('redis:7'),
    layers: [debian('redis', ['redis-server', 'redis-tools'])],
    config: {
      cmd: ['redis-server', '--protected-mode', 'no', '--save', '', '--appendonly', 'no', '--dir', '/tmp'],
      user: '999:999',
      ports: [6379],
    },
  },
  ruby: {
    ref: ref('ruby'),
    description: 'Ruby 3.1 with rake and minitest; sh is dash',
    standsInFor: library('ruby:3.1', 'ruby:3.3'),
    layers: [debian('ruby', ['ruby', 'rake', 'ruby-minitest', 'dash'], { setup: shell('dash') })],
    config: { cmd: ['ruby'] },
  },
  'git-server': {
    ref: ref('git-server'),
    description: 'bare repositories of /srv/git by HTTP (8080) and ssh (2222); see files/git-server/main.go',
    standsInFor: [],
    layers: [
      debian('git-server', ['git', 'openssh-server', 'openssh-client', 'libnss-wrapper'], {
        setup: 'mkdir -p srv/git seed; chmod 1777 srv/git',
        env: { KEEP_GIT_SERVER: '1' },
      }),
      { kind: 'go', folder: 'git-server', path: 'usr/local/bin/git-server' },
    ],
    config: {
      entrypoint: ['/usr/local/bin/git-server'],
      env: { HOME: '/tmp' },
      user: '1000:1000',
      ports: [8080, 2222],
    },
  },
};

export function isExampleName(name: string): name is ExampleName {
  return exampleNames.some((known) => known === name);
}
