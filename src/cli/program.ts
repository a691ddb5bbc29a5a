/** The command line: verbs, the flags that all have, and how errors end. */
import { Command, CommanderError } from 'commander';
import { type Cluster, type ClusterFlags, connect } from './cluster.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { explain, type Place } from './failure.ts';
import type { Io } from './io.ts';
import { paint } from './look.ts';
import type { SetUp, VerbContext } from './verb.ts';

interface Verb {
  name: string;
  summary: string;
  load(): Promise<SetUp>;
}

const VERBS: readonly Verb[] = [
  {
    name: 'start',
    summary: 'start a Run of a Pipeline, and follow it',
    load: async () => (await import('./verbs/start.ts')).setUp,
  },
  {
    name: 'logs',
    summary: 'print what the stages of a Run said',
    load: async () => (await import('./verbs/logs.ts')).setUp,
  },
  {
    name: 'get',
    summary: 'list Runs or Pipelines, or print one Run',
    load: async () => (await import('./verbs/get.ts')).setUp,
  },
  {
    name: 'describe',
    summary: 'tell all about a Run or a Pipeline',
    load: async () => (await import('./verbs/describe.ts')).setUp,
  },
  {
    name: 'wait',
    summary: 'wait for the end of Runs; exits as they ended',
    load: async () => (await import('./verbs/wait.ts')).setUp,
  },
  {
    name: 'cancel',
    summary: 'cancel Runs: all stops, then `finally` runs',
    load: async () => (await import('./verbs/cancel.ts')).setUp,
  },
  {
    name: 'pause',
    summary: 'pause Runs: nothing new starts',
    load: async () => (await import('./verbs/pause.ts')).setUp,
  },
  {
    name: 'resume',
    summary: 'let paused Runs go on',
    load: async () => (await import('./verbs/resume.ts')).setUp,
  },
  {
    name: 'operator',
    summary: 'run the operator; `otto operator --help` lists its flags',
    load: async () => () => {},
  },
  {
    name: 'version',
    summary: 'print the version',
    load: async () => (await import('./verbs/version.ts')).setUp,
  },
];

const EXIT_CODES = `
Exit codes, where a Run's result is waited for:
  0 Succeeded   1 Failed, TimedOut   2 Aborted, Cancelled   3 Unstable   4 Lost
otherwise: 64 the command line is wrong, 69 the cluster is not to be reached,
  124 waited too long, 130 Ctrl-C, 1 anything else`;

export interface Surroundings {
  /** `otto`, or `kubectl otto` for the plugin. */
  name: string;
  env: NodeJS.ProcessEnv;
  /** Is told of --color and --no-color as soon as they are read. */
  io: (colour: () => boolean | undefined) => Io;
}

interface GlobalFlags extends ClusterFlags {
  color?: boolean;
}

/** @returns the exit code. */
export async function runProgram(
  args: readonly string[],
  { name, env, io: makeIo }: Surroundings,
): Promise<number> {
  const program = new Command(name);
  const flags = (): GlobalFlags => program.opts();
  const io = makeIo(() => flags().color);
  let place: Place | undefined;
  const context: VerbContext = {
    io,
    exitCode: 0,
    connect: (): Promise<Cluster> =>
      connect(flags(), env, (found) => {
        place = found;
      }),
  };
  define(program, context);
  try {
    await program.parseAsync(asked(args), { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const failure = explain(error, place);
    const look = { ...io.look(), colour: io.look().colour && process.stderr.isTTY };
    io.note(`${paint('otto:', 'red', look)} ${failure.message}`);
    if (failure.cure !== undefined) io.note(failure.cure.replaceAll(/^/gm, '  '));
    return failure.exitCode;
  }
}

/** `otto` alone and `otto help VERB` are written out: commander shows the latter before a verb is loaded. */
function asked(args: readonly string[]): string[] {
  const [first, ...rest] = args;
  if (first === undefined) return ['--help'];
  return first === 'help' ? [...rest, '--help'] : [...args];
}

function define(program: Command, context: VerbContext): void {
  program
    .description('Continuous delivery whose pipelines are Kubernetes resources')
    .option('-n, --namespace <name>', "namespace (default: the context's)")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'default: $KUBECONFIG, else ~/.kube/config')
    .option('--color', 'colours even where no terminal looks on')
    .option('--no-color', 'no colours')
    .configureHelp({ showGlobalOptions: true, helpWidth: context.io.look().width ?? 80 })
    .configureOutput({
      writeOut: (text) => context.io.print(text.trimEnd()),
      writeErr: (text) => context.io.note(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'otto: ')),
    })
    .showHelpAfterError(`Help: ${program.name()} --help`)
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  for (const { name, summary } of VERBS)
    program.command(name).description(sentence(summary)).summary(summary);
  program.hook('preSubcommand', async (_, command) => {
    const verb = VERBS.find((one) => one.name === command.name());
    if (verb === undefined) return;
    command.showHelpAfterError(`Help: ${program.name()} ${verb.name} --help`);
    (await verb.load())(command, context);
  });
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
