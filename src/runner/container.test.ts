import assert from 'node:assert/strict';
import { canMakeNamespaces, LoopContainer, shellsAtHand } from '../testing/loop-container.ts';
import { type ScriptEnd, UserContainer } from './container.ts';

interface Given {
  script: string;
  flags?: string;
  env?: Record<string, string>;
  graceMs?: number;
  signal?: AbortSignal;
  onOutput?: (text: string) => void;
}

describe('a user container driven through its loop', () => {
  it('can be tried here: needs root and process namespaces', () => assert.ok(canMakeNamespaces()));

  for (const shell of shellsAtHand()) {
    describe(shell, () => {
      let loop: LoopContainer;
      let container: UserContainer;

      beforeEach(() => {
        loop = new LoopContainer(shell);
        container = new UserContainer('main', loop.folder);
      });
      afterEach(async () => {
        container.close();
        await loop.stop();
      });

      async function run(given: Given): Promise<{ end: ScriptEnd; output: string }> {
        let output = '';
        const end = await container.run({
          script: given.script,
          flags: given.flags ?? '-e',
          directory: loop.workspace,
          env: given.env ?? {},
          graceMs: given.graceMs ?? 1000,
          signal: given.signal ?? new AbortController().signal,
          output: (chunk) => {
            output += chunk.toString('utf8');
            given.onOutput?.(output);
          },
        });
        return { end, output };
      }

      function codeOf(end: ScriptEnd): number {
        if (end.kind !== 'exited') assert.fail(`not exited but ${end.kind}: ${end.why} ${loop.stderr}`);
        return end.exit.code;
      }

      it('tells exit codes and the order of both outputs', async () => {
        const { end, output } = await run({ script: 'echo one; echo two >&2; echo three; exit 3' });
        assert.equal(codeOf(end), 3);
        assert.equal(output, 'one\ntwo\nthree\n');
      });

      it('hands values over untouched and takes outputs back', async () => {
        const value = `a 'quoted' $(id) "value"\nsecond line`;
        const { end, output } = await run({
          env: { VALUE: value },
          script: 'printf %s "$VALUE"; echo "version=1.2" >> "$OTTO_OUTPUT"',
        });
        assert.equal(codeOf(end), 0);
        assert.equal(output, value);
        assert.deepEqual(end.kind === 'exited' ? end.outputs.values : {}, { version: '1.2' });
      });

      it('tells the signal that ended a script', async () => {
        const { end } = await run({ script: '#!/bin/sh\nkill -KILL $$' });
        assert.equal(codeOf(end), 137);
        assert.equal(end.kind === 'exited' ? end.exit.signal : '', 'SIGKILL');
      });

      it('does not wait for background processes', async () => {
        const { end } = await run({ script: 'sleep 1000 & echo started' });
        assert.equal(codeOf(end), 0);
      });

      it('does not take the output of one that floods for the step’s', async () => {
        const { end, output } = await run({
          script: 'yes & echo started',
          onOutput: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10),
        });
        assert.equal(codeOf(end), 0);
        assert.ok(output.length < 2_000_000, `${output.length} characters came`);
      });

      it('kills what ignores TERM and what left the process group', async () => {
        const abort = new AbortController();
        const { end } = await run({
          script: 'trap "" TERM; setsid sleep 1000 & echo up; while :; do sleep 1000; done',
          graceMs: 100,
          signal: abort.signal,
          onOutput: (text) => {
            if (text.includes('up')) abort.abort();
          },
        });
        assert.equal(codeOf(end), 137);
        const { output } = await run({ script: 'for p in /proc/[0-9]*; do cat $p/comm; done', flags: '' });
        assert.doesNotMatch(output, /sleep/);
      });

      it('is lost, not failed, when the container goes away in mid-step', async () => {
        const { end } = await run({
          script: 'echo up; sleep 1000',
          onOutput: (text) => {
            if (text.includes('up')) loop.process.kill('SIGKILL');
          },
        });
        assert.equal(end.kind, 'lost');
      });
    });
  }
});
