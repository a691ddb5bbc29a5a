import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Run, RunStatus, StageStatus } from '../api/run.ts';
import { liveTree } from './live-tree.ts';
import type { Look } from './look.ts';
import { shapesOfSpec } from './outline.ts';
import { aStage, ended } from './testing/otto.ts';
import { displayWidth } from './text.ts';

const LOOK: Look = { colour: false, width: 60, now: Date.parse('2026-01-01T12:00:10Z') };
const steps = [{ echo: 'x' }];
const SHAPES = shapesOfSpec({
  stages: [
    { name: 'build', steps },
    {
      name: 'checks',
      parallel: [
        { name: 'lint', steps },
        { name: 'unit', steps },
      ],
    },
    { name: 'deploy', steps },
  ],
  finally: [{ name: 'report', steps }],
});

function aRun(status: RunStatus): Run {
  return { metadata: { name: 'r' }, spec: {}, status };
}

function draw(status: RunStatus, lastLines: [string, string][] = [], height: number = 20): string[] {
  return liveTree({ run: aRun(status), shapes: SHAPES, lastLines: new Map(lastLines) }, height, LOOK);
}

describe('the live tree', () => {
  it('shows what each stage does, with its last words while it runs', () => {
    const startTime = '2026-01-01T12:00:00Z';
    const stages = [
      ended('build', 'Succeeded'),
      aStage('lint', { startTime }),
      aStage('unit', { state: 'Starting' }),
    ];
    assert.deepEqual(draw({ startTime, progress: '1/5', stages }, [['lint', 'checking \u001B[2Jfiles']]), [
      '○ r Pending for 10s, 1/5 stages',
      '  ✓ build   Succeeded  2s',
      '  ● checks  Running',
      '  ●   lint  Running    10s     checking files',
      '  ◌   unit  Starting',
      '  ○ deploy  Waiting for checks',
      '  ○ report  Waiting',
    ]);
  });

  it('shows the message of a stage in trouble in place of its last words', () => {
    const stages = [aStage('build', { state: 'Starting', message: 'Image "x" cannot be pulled.' })];
    assert.match(draw({ stages }, [['build', 'words']]).join('\n'), /build .*Image "x" cannot be pulled\./);
  });

  it('leaves out what is over first, where the terminal is low', () => {
    const stages = [ended('build', 'Succeeded'), ended('lint', 'Failed'), aStage('unit')];
    const lines = draw({ stages }, [], 5);
    assert.deepEqual(
      lines.map((text) => text.trim().split(/ +/)[1]),
      ['r', 'checks', 'lint', 'unit', '3'],
    );
  });

  it('never draws more or wider lines than there is room for', () => {
    const names = ['build', 'lint', 'unit', 'deploy', 'report', 'unknown-to-the-plan'];
    const stage = fc.record({
      name: fc.constantFrom(...names),
      state: fc.constantFrom('Waiting', 'Starting', 'Running', 'Stopping', 'Retrying', 'Finished'),
      message: fc.string({ unit: 'grapheme', maxLength: 200 }),
    });
    const stages = fc.uniqueArray(stage, { selector: ({ name }) => name });
    fc.assert(
      fc.property(stages, fc.string(), fc.integer({ min: 4, max: 12 }), (stages, words, height) => {
        const all: StageStatus[] = stages;
        const lines = draw({ stages: all, message: words }, [['build', words]], height);
        assert.ok(lines.length <= height, lines.join('\n'));
        for (const text of lines) assert.ok(displayWidth(text) <= 60 && !text.includes('\n'), text);
      }),
    );
  });
});
