import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountsBelow } from './cleanup.ts';
import {
  identify,
  isAlive,
  parseRecord,
  parseStat,
  recorded,
  startProcess,
  stopProcess,
} from './processes.ts';

describe('a process of a cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otto-processes-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const start = (name: string, ...argv: string[]): ReturnType<typeof startProcess> =>
    startProcess({ name, argv, logFile: join(folder, `${name}.log`), pidFolder: folder, cgroups: [] });

  it('is found again by who it is, and is not started twice', async () => {
    const record = start('sleeper', 'sleep', '60');
    assert.deepEqual(recorded(folder, 'sleeper'), record);
    assert.deepEqual(start('sleeper', 'sleep', '60'), record);
    await stopProcess(folder, 'sleeper', { grace: 0 });
    assert.equal(recorded(folder, 'sleeper'), undefined);
    await stopProcess(folder, 'sleeper', { grace: 0 });
  });

  it('is killed when it does not heed the TERM', async () => {
    const record = start('stubborn', 'sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done');
    await stopProcess(folder, 'stubborn', { grace: 50 });
    assert.equal(isAlive(record), false);
  });

  it('is never taken for another that got its id', async () => {
    const other = spawn('sleep', ['60']);
    try {
      const record = identify(other.pid ?? 0);
      assert.ok(record);
      const before = { ...record, startTime: String(Number(record.startTime) - 1) };
      writeFileSync(join(folder, 'stale'), JSON.stringify(before));
      assert.equal(recorded(folder, 'stale'), undefined);
      await stopProcess(folder, 'stale', { grace: 0 });
      assert.ok(isAlive(record), 'it was stopped');
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('is not recorded by what could mean every process', () => {
    for (const text of [
      '',
      '{}',
      '{"pid":0}',
      '{"pid":-1,"startTime":"1","bootId":"b"}',
      '{"pid":1,"startTime":"1","bootId":"b"}',
    ])
      assert.equal(parseRecord(text), undefined, text);
  });

  it('may have any name', () => {
    const fields = Array.from({ length: 50 }, (_, i) => String(i)).join(' ');
    assert.deepEqual(parseStat(`7 (a) b (c) S ${fields}`), { state: 'S', startTime: '18' });
  });
});

describe('what is mounted below a folder', () => {
  it('comes innermost first, with its name as it is, and nothing from beside it', () => {
    const line = (path: string): string => `30 23 0:26 / ${path} rw - tmpfs tmpfs rw`;
    const text = ['/state', '/state/a', String.raw`/state/a/b\040c`, '/stately'].map(line).join('\n');
    assert.deepEqual(mountsBelow('/state', text), ['/state/a/b c', '/state/a']);
  });
});
