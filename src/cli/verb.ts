/** What a verb is to the program: a name and a line in the help; the rest is loaded when the verb is called. */
import type { Command } from 'commander';
import type { Cluster } from './cluster.ts';
import type { Io } from './io.ts';

export interface VerbContext {
  io: Io;
  /** By the flags --context, --kubeconfig and --namespace. */
  connect(): Promise<Cluster>;
  /** Of the process, when the verb is done. */
  exitCode: number;
}

/** Gives the verb its arguments, options, examples and action. */
export type SetUp = (command: Command, context: VerbContext) => void;

/** @param lines `command   # what it does` */
export function examples(command: Command, ...lines: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((text) => `  ${text}`).join('\n')}`);
}
