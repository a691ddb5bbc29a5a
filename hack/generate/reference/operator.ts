/** The reference of what an administrator sets: the chart's values, and the flags behind them. */
import { SETTINGS } from '../../../src/operator/settings.ts';
import { code, page, table } from './markdown.ts';

/** The part of JSON Schema that values.schema.json uses. */
export interface ValuesSchema {
  description?: string;
  type?: string | string[];
  properties?: Record<string, ValuesSchema>;
  enum?: string[];
}

export function operatorPage(values: unknown, schema: ValuesSchema): string {
  return page(
    '# Settings',
    '## Values of the chart',
    'Otto works with none of these set. `helm show values` prints them with more comments; a wrong one is refused by `helm install`.',
    table(['Value', 'Default', 'What it is'], rows(values, schema, '')),
    '## Flags of the operator',
    'The chart sets these by their environment variables; `operator.env` sets those that have no value of their own. A flag goes before its variable. `otto operator --help` prints the same.',
    table(
      ['Flag', 'Variable', 'Default', 'What it is'],
      Object.entries(SETTINGS).map(([flag, setting]) => [
        code(`--${flag}`),
        code(setting.variable),
        code(setting.default ?? ''),
        setting.description,
      ]),
    ),
  );
}

/** @throws Error where the values and their schema have different fields. */
function rows(value: unknown, schema: ValuesSchema, path: string): string[][] {
  const { properties = {} } = schema;
  const defaults = isMap(value) ? value : {};
  for (const name of Object.keys(defaults)) {
    if (properties[name] === undefined)
      throw new Error(`values.yaml: ${path}${name} is not in values.schema.json`);
  }
  return Object.entries(properties).flatMap(([name, property]) => {
    const here = `${path}${name}`;
    // Of helm's, not ours.
    if (here === 'global') return [];
    if (!(name in defaults)) throw new Error(`values.schema.json: ${here} is not in values.yaml`);
    const fallback = defaults[name];
    // Such as resources: a map that is given as a whole.
    const whole = property.properties === undefined || path !== '' || here === 'resources';
    if (!whole) return rows(fallback, property, `${here}.`);
    return [[code(here), code(shown(fallback)), property.description ?? '']];
  });
}

function shown(value: unknown): string {
  if (value === '' || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
