import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { followLog, type LogOptions } from './logs.ts';
import { answer, status } from './testing/fake-api.ts';
import { FakeLog } from './testing/fake-log.ts';
import { listen, type TestServer } from './testing/http-server.ts';
import { until } from './testing/until.ts';

/** Waits are a fiftieth of what they are. */
const quick: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms / 50, fn) };

/** Reads in the background, and keeps what came. */
class Reader {
  readonly lines: string[] = [];
  error: unknown;
  isOver = false;
  readonly stop: AbortController = new AbortController();

  constructor(server: TestServer, options: Partial<LogOptions> = {}) {
    const client = createClient({ access: async () => ({ server: server.url, tls: {} }) });
    const wanted = {
      namespace: 'a',
      pod: 'p',
      container: 'main',
      follow: true,
      signal: this.stop.signal,
      clock: quick,
    };
    const read = async (): Promise<void> => {
      for await (const line of followLog(client, { ...wanted, ...options })) this.lines.push(line);
    };
    read()
      .catch((error: unknown) => {
        this.error = error;
      })
      .finally(() => {
        this.isOver = true;
      });
  }
}

describe("following a container's log", () => {
  let log: FakeLog;
  let server: TestServer;
  let readers: Reader[];

  beforeEach(async () => {
    log = new FakeLog();
    server = await listen(log.handler);
    readers = [];
  });

  afterEach(async () => {
    for (const reader of readers) reader.stop.abort();
    await server.close();
  });

  function read(options: Partial<LogOptions> = {}): Reader {
    const reader = new Reader(server, options);
    readers.push(reader);
    return reader;
  }
  const following = (): Promise<void> => until('a follower', () => log.following === 1);
  const over = (reader: Reader): Promise<void> => until('the end', () => reader.isOver);
  const has = (reader: Reader, count: number): Promise<void> =>
    until(
      () => `${count} lines: ${reader.lines.join()}`,
      () => reader.lines.length >= count,
    );

  it('gives its lines as they come, without their timestamps, until the container has ended', async () => {
    log.write(1, '2026-01-01T12:00:01.000Z build | a line of ours');
    const reader = read();
    await following();
    log.write(2, '');
    log.write(3, 'last ü');
    await has(reader, 3);
    assert.equal(reader.isOver, false);
    log.end();
    await over(reader);
    assert.equal(reader.error, undefined);
    assert.deepEqual(reader.lines, ['2026-01-01T12:00:01.000Z build | a line of ours', '', 'last ü']);
  });

  for (const how of ['torn', 'reset', 'closed'] as const) {
    it(`loses and doubles no line when its connection is ${how}`, async () => {
      const reader = read();
      const written: string[] = [];
      for (let round = 0; round < 4; round++) {
        await following();
        for (let i = 0; i < 3; i++) {
          const text = `line ${written.length}`;
          written.push(text);
          // Two in each second, of which two have the very same time.
          log.write(10 + Math.floor(written.length / 2), text);
        }
        await has(reader, written.length);
        log.cut(how);
      }
      await following();
      log.end();
      await over(reader);
      assert.deepEqual(reader.lines, written);
    });
  }

  it('loses no line that was stamped before one which stands above it', async () => {
    const reader = read();
    await following();
    log.write(11.2, 'first');
    await has(reader, 1);
    log.cut('reset');
    log.write(10.9, 'stamped earlier, written later');
    log.write(11.1, 'and another');
    await has(reader, 3);
    log.end();
    await over(reader);
    assert.deepEqual(reader.lines, ['first', 'stamped earlier, written later', 'and another']);
  });

  it('reads what was written between the last answer and the end of the container', async () => {
    const reader = read();
    await following();
    log.write(1, 'seen');
    await has(reader, 1);
    log.hasEnded = true;
    log.cut('closed');
    log.write(2, 'nearly missed');
    await over(reader);
    assert.deepEqual(reader.lines, ['seen', 'nearly missed']);
  });

  it('shows only the tail that was asked for, also after a cut', async () => {
    for (let i = 0; i < 10; i++) log.write(5 + i / 100, `line ${i}`);
    const reader = read({ tailLines: 2 });
    await has(reader, 2);
    await following();
    log.cut('reset');
    await following();
    log.write(6, 'more');
    log.end();
    await over(reader);
    assert.deepEqual(reader.lines, ['line 8', 'line 9', 'more']);
  });

  it('asks from the time that was given, and never from before it', async () => {
    for (let i = 0; i < 10; i++) log.write(i, `line ${i}`);
    const reader = read({ sinceTime: '2026-01-01T12:00:09Z' });
    await has(reader, 1);
    await following();
    log.cut('reset');
    await following();
    log.end();
    await over(reader);
    assert.deepEqual(reader.lines, ['line 9']);
  });

  it('ends with what there is when it is not to follow', async () => {
    log.write(1, 'one');
    const reader = read({ follow: false });
    await over(reader);
    assert.deepEqual([reader.lines, reader.error], [['one'], undefined]);
    assert.equal(log.queries[0]?.get('follow'), null);
  });

  it('fails at once where there is nothing to read', async () => {
    log.faults.push((response) => answer(response, 400, status(400, 'BadRequest')));
    const reader = read();
    await over(reader);
    assert.match(String(reader.error), /BadRequest/);
    log.isGone = true;
    const another = read();
    await over(another);
    assert.match(String(another.error), /NotFound/);
  });

  it('ends when the pod is deleted while it reads', async () => {
    const reader = read();
    await following();
    log.write(1, 'one');
    await has(reader, 1);
    log.isGone = true;
    log.cut('reset');
    await over(reader);
    assert.deepEqual([reader.lines, reader.error], [['one'], undefined]);
  });

  it('waits for a server that is away, and not for longer than it may', async () => {
    const reader = read();
    await following();
    log.write(1, 'one');
    await has(reader, 1);
    const busy = status(503, 'ServiceUnavailable');
    for (let i = 0; i < 3; i++) log.faults.push((response) => answer(response, 503, busy));
    log.cut('reset');
    log.write(2, 'two');
    await has(reader, 2);
    const impatient = read({ outageLimitMs: 50 });
    await until('two followers', () => log.following === 2);
    for (let i = 0; i < 30; i++) log.faults.push((response) => answer(response, 503, busy));
    log.cut('reset');
    await over(impatient);
    assert.match(String(impatient.error), /ServiceUnavailable/);
  });

  it('ends quietly when it is aborted', async () => {
    const reader = read();
    await following();
    reader.stop.abort();
    await over(reader);
    assert.equal(reader.error, undefined);
  });

  it('is exact wherever it is cut, and whatever the times of the lines', async function () {
    this.timeout(60_000);
    const entry = fc.record({
      gap: fc.constantFrom(0, 0, 0.1, 0.4, 1, 3),
      late: fc.constantFrom(0, 0, 0, 0.3),
      cut: fc.constantFrom(
        undefined,
        undefined,
        undefined,
        'torn' as const,
        'reset' as const,
        'closed' as const,
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 15 }), async (entries) => {
        log = new FakeLog();
        const one = await listen(log.handler);
        const reader = new Reader(one);
        try {
          let time = 100;
          for (const [i, { gap, late, cut }] of entries.entries()) {
            time += gap;
            if (cut !== undefined) {
              await following();
              log.cut(cut);
            }
            log.write(time - late, `line ${i}`);
          }
          await following();
          log.end();
          await over(reader);
          assert.deepEqual(
            reader.lines,
            entries.map((_, i) => `line ${i}`),
          );
        } finally {
          reader.stop.abort();
          await one.close();
        }
      }),
      { numRuns: 20 },
    );
  });
});
