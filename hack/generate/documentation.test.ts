import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { validatePipeline } from '../../src/api/validate.ts';
import { compile } from '../../src/plan/compile.ts';
import { formatPath } from '../../src/plan/diagnostics.ts';
import { loadLibrary } from '../../src/stdlib.ts';
import { reasonsIn } from './reasons.ts';

const ROOT = join(import.meta.dirname, '../..');
const library = loadLibrary(join(ROOT, 'stdlib'));

describe('the documentation', () => {
  it('explains each reason that a user can see', async () => {
    const page = await readFile(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
    const missing = [...(await reasonsIn(ROOT))]
      .filter(([reason]) => !page.includes(`\n| \`${reason}\` `))
      .map(([reason, file]) => `${reason} of ${file}`);
    assert.deepEqual(missing, [], 'docs/troubleshooting.md has no row for these');
  });

  it('explains no reason that nobody gives', async () => {
    const page = await readFile(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
    const known = await reasonsIn(ROOT);
    const stale = [...page.matchAll(/^\| `([A-Z]\w+)` /gm)].map(([, reason = '']) => reason);
    assert.ok(stale.length > 50);
    assert.deepEqual(
      stale.filter((reason) => !known.has(reason)),
      [],
    );
  });

  it('links to files and headings that are there', async () => {
    const broken: string[] = [];
    for (const file of await markdownFiles()) {
      const text = await readFile(join(ROOT, file), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', heading] = target.split('#');
        const linked = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(ROOT, linked))) broken.push(`${file}: ${target}`);
        else if (heading !== undefined && !(await headings(linked)).has(heading))
          broken.push(`${file}: ${target}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it('has pipelines that compile', async () => {
    const text = await readFile(join(ROOT, 'docs/writing-pipelines.md'), 'utf8');
    const wrong: string[] = [];
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    assert.ok(blocks.length > 10);
    for (const block of blocks) {
      const problems = check(parse(block));
      if (problems.length > 0) wrong.push(`${block}\n${problems.join('\n')}`);
    }
    assert.deepEqual(wrong, []);
  });
});

async function markdownFiles(): Promise<string[]> {
  const docs = await readdir(join(ROOT, 'docs'), { recursive: true });
  return ['README.md', 'crds/README.md', ...docs.map((file) => `docs/${file}`)].filter((file) =>
    file.endsWith('.md'),
  );
}

/** As forges make anchors of them. */
async function headings(file: string): Promise<Set<string>> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const SPEC_FIELDS = ['stages', 'finally', 'params', 'source'];
const STEPS = [{ sh: 'make' }];
const IMAGE = 'busybox:1.36';

/** A part of a Pipeline as a page shows it, put where it belongs. */
function check(part: unknown): string[] {
  const spec = {
    defaults: { image: IMAGE },
    params: [
      { name: 'checks', type: 'boolean', default: true },
      { name: 'deploy', type: 'boolean', default: true },
      { name: 'build', type: 'number', default: 1 },
    ],
    ...around(part),
  };
  const validated = validatePipeline({
    apiVersion: 'otto.dev/v1alpha1',
    kind: 'Pipeline',
    metadata: { name: 'shown' },
    spec,
  });
  const checked =
    'errors' in validated ? validated : compile(validated.pipeline.spec, { name: 'shown', library });
  return 'errors' in checked
    ? checked.errors.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

function around(part: unknown): object {
  const stage = { name: 'shown', steps: STEPS };
  if (Array.isArray(part)) return { stages: part.map(withSteps) };
  assert.ok(typeof part === 'object' && part !== null);
  const isSpec = Object.keys(part).every((field) => SPEC_FIELDS.includes(field));
  return isSpec ? { stages: [stage], ...part } : { stages: [{ ...stage, ...part }] };
}

/** Some are shown without what they do. */
function withSteps(stage: unknown): object {
  assert.ok(typeof stage === 'object' && stage !== null);
  const isWhole = ['steps', 'stages', 'parallel'].some((field) => field in stage);
  return isWhole ? stage : { ...stage, steps: STEPS };
}
