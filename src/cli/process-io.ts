/** Io of this process. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { EXIT_INTERRUPTED, EXIT_PIPE } from './exit-codes.ts';
import { type Io, wantsColour } from './io.ts';

export function processIo(colourFlag: () => boolean | undefined): Io {
  const { stdout, stderr, env } = process;
  const isTerminal = stdout.isTTY && env['TERM'] !== 'dumb';
  return {
    print: (line) => {
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      stderr.write(`${line}\n`);
    },
    draw: (out) => {
      stdout.write(out);
    },
    ready: async () => {
      if (stdout.writableNeedDrain) await once(stdout, 'drain');
    },
    isTerminal,
    look: () => ({
      colour: wantsColour({ flag: colourFlag(), env, isTerminal }),
      // A terminal that does not say how wide it is says 0.
      width: isTerminal ? stdout.columns || 80 : undefined,
      now: Date.now(),
    }),
    rows: () => stdout.rows || 24,
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
    interrupted: () => {
      const controller = new AbortController();
      const stop = (): void => {
        if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
        controller.abort();
      };
      process.on('SIGINT', stop);
      return { signal: controller.signal, release: () => process.off('SIGINT', stop) };
    },
    readInput: () => text(process.stdin),
  };
}

/** A reader that went away (`| head`) ends the program as SIGPIPE would, without a word. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT_PIPE);
      throw error;
    });
  }
}
