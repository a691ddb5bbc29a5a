/** The reference of the step library, from its manifests. */
import type { StepLibrary, StepManifest, StepParameter } from '../../../src/plan/manifest.ts';
import { code, page, table } from './markdown.ts';

export function stepsPage(library: StepLibrary): string {
  const manifests = library.symbols().flatMap((symbol) => library.get(symbol) ?? []);
  return page(
    '# Steps',
    'A step is a map with one key, its symbol. The value is the first parameter alone, a list of parameters in the order below, or a map of parameters by name. Beside the symbol stand the fields of [Step](pipeline.md#step).',
    ...manifests.flatMap(section),
  );
}

function section({ symbol, description, runsIn, parameters }: StepManifest): string[] {
  const where =
    runsIn === 'runner'
      ? 'Runs in the runner container, on the same workspace.'
      : "Runs in the stage's own container.";
  return [
    `## ${symbol}`,
    `${description}. ${where}`,
    table(
      ['Parameter', 'Type', 'Default', 'What it is'],
      parameters.map((parameter) => [
        parameter.required ? `**${code(parameter.name)}**` : code(parameter.name),
        WORDS[parameter.type] ?? parameter.type,
        parameter.default === undefined ? '' : code(JSON.stringify(parameter.default)),
        parameter.description ?? '',
      ]),
    ),
  ];
}

const WORDS: { readonly [type in StepParameter['type']]?: string } = {
  block: 'list of steps',
  script: 'script (no expressions)',
  credentials: 'name of a Secret',
};
