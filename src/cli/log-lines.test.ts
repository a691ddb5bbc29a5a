import assert from 'node:assert/strict';
import { createLogRenderer, type LogStyle } from './log-lines.ts';
import { logLine } from './testing/otto.ts';

function render(style: Partial<LogStyle>, ...lines: string[]): (string | undefined)[] {
  return lines.map(createLogRenderer({ isTerminal: false, ...style }, { colour: false, now: 0 }));
}

describe('lines of a log', () => {
  it('are text, with a mark at the start and end of each step', () => {
    const lines = ['##[step 1 start] Build the gem', 'a', '##[step 1 end] Failed 2.0s'].map(logLine);
    assert.deepEqual(render({}, ...lines), ['▸ 1 Build the gem', 'a', '✗ 1 Failed in 2.0s']);
  });

  it('have their time and stage before them where so asked', () => {
    const style = { prefix: '[build]', timestamps: true };
    assert.deepEqual(render(style, logLine('a'), 'not of a runner'), [
      '[build] 2026-01-01T12:00:00.000Z a',
      '[build] not of a runner',
    ]);
  });

  it('of one step are its own and those of the steps in it', () => {
    const lines = [
      '##[step 1 start] dir',
      'a',
      '##[step 2 start] sh',
      'b',
      '##[step 2 end] Succeeded 1s',
      'c',
    ];
    const more = ['##[step 1 end] Succeeded 1s', 'd'];
    assert.deepEqual(
      render({ step: 1 }, ...[...lines, ...more].map(logLine)).filter((text) => text !== undefined),
      ['a', 'b', 'c'],
    );
  });

  it('do not command a terminal, and are as they are in a file', () => {
    const hostile = logLine('a\u001B[2Jb');
    assert.deepEqual(render({ isTerminal: true }, hostile), ['ab']);
    assert.deepEqual(render({ isTerminal: false }, hostile), ['a\u001B[2Jb']);
  });
});
