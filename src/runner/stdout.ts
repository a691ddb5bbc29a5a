/** Writes the log to the standard output at once: what is said before a crash is there after it. */
import { writeSync } from 'node:fs';

const clock = new Int32Array(new SharedArrayBuffer(4));

export function writeStdout(text: string): void {
  let bytes: Buffer = Buffer.from(text, 'utf8');
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      // A full pipe that somebody made non-blocking: whoever reads the log is slow, so the steps are.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
      Atomics.wait(clock, 0, 0, 2);
    }
  }
}
