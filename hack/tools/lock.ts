// A lock between processes that the kernel lets go of when its holder dies, kill -9 included: the name of an
// abstract Unix socket can be bound once, and leaves no file that could be stale.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface LockOptions {
  /** Milliseconds to wait for the other process. */
  readonly timeout: number;
  /** Called once, when the lock is held elsewhere. */
  readonly onWait?: () => void;
}

export async function withLock<T>(name: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  // Other systems have no abstract sockets; there a double build costs time and nothing else.
  if (process.platform !== 'linux') return await work();
  const address = `\0otto-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const deadline = Date.now() + options.timeout;
  let server = await bind(address);
  if (server === undefined) options.onWait?.();
  while (server === undefined) {
    if (Date.now() > deadline) {
      throw new Error(
        `another process has held the lock ${name} for ${options.timeout / 1000} s: end it, then try again`,
      );
    }
    await delay(100);
    server = await bind(address);
  }
  const held = server;
  try {
    return await work();
  } finally {
    await new Promise<void>((resolve) => {
      held.close(() => resolve());
    });
  }
}

async function bind(address: string): Promise<Server | undefined> {
  return await new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}
