import assert from 'node:assert/strict';
import { systemClock } from '../kube/clock.ts';
import type { Logger } from './logging.ts';
import { ReportChannel } from './report-channel.ts';
import type { ReportServer } from './report-server.ts';

const silent: Logger = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

describe('the channel of direct reports', () => {
  it('is opened again and again where it cannot be, and nothing waits for it', async () => {
    let tries = 0;
    let closed = 0;
    const target = { url: 'https://reports', ca: 'ca' };
    const server: ReportServer = {
      target: () => target,
      close: async () => {
        closed++;
      },
    };
    let goOn = (): void => {};
    const clock = {
      ...systemClock,
      after: (_ms: number, fn: () => void) => {
        goOn = fn;
        return () => {};
      },
    };
    const start = async (): Promise<ReportServer> => {
      if (++tries < 3) throw new Error('the port is taken');
      return server;
    };
    const channel = new ReportChannel(start, clock, silent);
    const lost = new AbortController();
    await channel.open(lost.signal);
    assert.equal(channel.target(), undefined);
    for (const _ of ['second', 'third']) {
      goOn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(tries, 3);
    assert.equal(channel.target(), target);
    lost.abort();
    await channel.close(100);
    assert.equal(closed, 1);
  });
});
