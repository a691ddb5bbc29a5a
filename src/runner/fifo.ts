/**
 * FIFOs in Node, without a thread of the pool held by a blocking open or read, and without trust in the folder: user
 * code may have put a link, a device or a plain file where a FIFO was.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
/** Most that one pipe can hold for an unprivileged user (fs.pipe-max-size): what a drain reads at most. */
const PIPE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** @throws Error when there is something else than a FIFO. */
export function openFifo(path: string, mode: 'read' | 'write' | 'both'): number {
  const flag = mode === 'read' ? O_RDONLY : mode === 'write' ? O_WRONLY : O_RDWR;
  const fd = openSync(path, flag | O_NONBLOCK | O_NOFOLLOW);
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw new Error(`${path} is not a FIFO any more`);
}

export interface FifoHandlers {
  data(chunk: Buffer): void;
  /** All writers are gone. */
  end(): void;
}

/** Reads a FIFO by events. Between `open` and `release` the reader itself counts as a writer, so no end comes. */
export class FifoReader {
  readonly #fd: number;
  readonly #socket: Socket;
  #data: (chunk: Buffer) => void;
  #keeper: number | undefined;

  /** @param keep false: the end comes as soon as the last writer has gone. */
  constructor(path: string, handlers: FifoHandlers, keep: boolean) {
    this.#fd = openFifo(path, 'read');
    if (keep) this.#keeper = openFifo(path, 'write');
    this.#data = (chunk) => handlers.data(chunk);
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.on('data', (chunk: Buffer) => this.#data(chunk));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => handlers.end());
  }

  /** Hands over at once what is in the pipe, so that nothing written before now is missing after. */
  drain(): void {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let total = 0; total < PIPE_BYTES; ) {
      let count: number;
      try {
        count = readSync(this.#fd, buffer);
      } catch {
        return; // EAGAIN: empty; anything else: the socket tells
      }
      if (count === 0) return;
      total += count;
      this.#data(Buffer.from(buffer.subarray(0, count)));
    }
  }

  /**
   * From now on what comes is thrown away (a writer that runs on gets no SIGPIPE), and the end comes when the writers
   * have gone. Does not keep the process alive.
   */
  release(): void {
    this.#data = () => {};
    if (this.#keeper !== undefined) closeSync(this.#keeper);
    this.#keeper = undefined;
    this.#socket.unref();
  }

  close(): void {
    this.release();
    this.#socket.destroy();
  }
}
