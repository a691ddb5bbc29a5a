import assert from 'node:assert/strict';
import type { PipelineSpec } from '../api/pipeline.ts';
import { compile } from '../plan/compile.ts';
import { libraryOf, type StepManifest } from '../plan/manifest.ts';
import {
  firstCause,
  type OutlineNode,
  outlineOf,
  type Shape,
  shapesOfPlan,
  shapesOfSpec,
  waitsFor,
} from './outline.ts';
import { aStage, ended } from './testing/otto.ts';

const steps = [{ echo: 'x' }];
const SPEC: PipelineSpec = {
  stages: [
    { name: 'build', steps },
    {
      name: 'checks',
      parallel: [
        { name: 'lint', steps, allowFailure: true },
        {
          name: 'tests',
          stages: [
            { name: 'unit', steps },
            { name: 'e2e', steps },
          ],
        },
      ],
    },
    { name: 'docs', needs: [], steps },
    { name: 'deploy', needs: ['checks', 'docs'], steps },
  ],
  finally: [{ name: 'report', steps }],
};

const ECHO: StepManifest = {
  symbol: 'echo',
  description: '',
  runsIn: 'runner',
  parameters: [{ name: 'message', type: 'string', required: true, description: '' }],
};

/** Names and kinds, nested. */
function tree(shapes: readonly Shape[]): unknown[] {
  return shapes.map(({ name, kind, members }) =>
    members.length === 0 ? `${kind} ${name}` : [name, ...tree(members)],
  );
}

function find(outline: readonly OutlineNode[], name: string): OutlineNode {
  const found = all(outline).find((node) => node.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

function all(outline: readonly OutlineNode[]): OutlineNode[] {
  return outline.flatMap((node) => [node, ...all(node.members)]);
}

describe('the outline of a Run', () => {
  const shapes = shapesOfSpec(SPEC);

  it('has groups and stages as the Pipeline nests them', () => {
    assert.deepEqual(tree(shapes), [
      'stage build',
      ['checks', 'stage lint', ['tests', 'stage unit', 'stage e2e']],
      'stage docs',
      'stage deploy',
      'finally report',
    ]);
  });

  it('is the same from the frozen plan', () => {
    const compiled = compile(SPEC, { name: 'webapp', library: libraryOf([ECHO]) });
    assert.ok('plan' in compiled, JSON.stringify(compiled));
    assert.deepEqual(tree(shapesOfPlan(compiled.plan)), tree(shapes));
  });

  it('gives groups the worst result of their members once all have ended', () => {
    const status = (unit: 'Succeeded' | 'Failed'): OutlineNode[] =>
      outlineOf(shapes, { stages: [ended('lint', 'Failed'), ended('unit', unit), ended('e2e', 'Skipped')] });
    assert.equal(find(status('Failed'), 'checks').state, 'Failed');
    assert.equal(find(status('Succeeded'), 'checks').state, 'Succeeded', 'the failure of lint is allowed');
    assert.equal(find(outlineOf(shapes, { stages: [ended('lint', 'Failed')] }), 'checks').state, 'Running');
    assert.equal(find(outlineOf(shapes, {}), 'checks').state, 'Waiting');
  });

  it('says which needs a stage waits for', () => {
    const outline = outlineOf(shapes, { stages: [ended('docs', 'Succeeded'), aStage('build')] });
    assert.deepEqual(waitsFor(find(outline, 'deploy'), outline), ['checks']);
  });

  it('keeps stages that the Pipeline does not have any more', () => {
    const outline = outlineOf(shapes, { stages: [ended('gone', 'Succeeded')] });
    assert.equal(outline.at(-1)?.name, 'gone');
  });

  it('blames the first stage that counts', () => {
    const stages = [ended('lint', 'Failed'), ended('unit', 'Succeeded'), ended('deploy', 'Failed')];
    assert.equal(firstCause(outlineOf(shapes, { stages }), 'Failed')?.name, 'deploy');
    assert.equal(firstCause(outlineOf(shapes, { stages }), 'Succeeded'), undefined);
  });
});
