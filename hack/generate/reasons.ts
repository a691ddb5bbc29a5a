/** The reasons that users can see, as the sources name them: what the troubleshooting page must explain. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDERS = ['src/engine', 'src/engine/policies', 'src/runner', 'src/operator', 'src/operator/pipeline'];

/** Where the engine reads a word of Kubernetes', it compares; where it writes one, it does not. */
const READ = /(?:case|===|!==|type:|kind:|includes\()\s*$/;
/** Words that are neither reasons nor read. */
const OTHERS: ReadonlySet<string> = new Set([
  // Conditions and their states.
  'Ready',
  'Reconciling',
  'Stalled',
  'True',
  'False',
  'Unknown',
  // Kinds, of objects and of events.
  'Pipeline',
  'Run',
  'Normal',
  'Warning',
  // Actions.
  'CreatePod',
  'StopPod',
  'DeletePod',
  'DeleteRun',
]);
const STATES: ReadonlySet<string> = new Set(['Waiting', 'Starting', 'Stopping', 'Retrying', 'Finished']);

export async function reasonsIn(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const file of await readdir(join(root, folder))) {
      if (!file.endsWith('.ts') || file.includes('.test.')) continue;
      const path = `${folder}/${file}`;
      const text = await readFile(join(root, path), 'utf8');
      const whole = folder.startsWith('src/engine');
      for (const reason of whole ? words(text) : assigned(text)) {
        if (!found.has(reason)) found.set(reason, path);
      }
    }
  }
  return found;
}

/** Of the engine: every word that it can write. */
function words(source: string): string[] {
  const text = withoutComments(source).replaceAll(/new Set\(\[[^\]]*\]\)/g, '');
  return [...text.matchAll(/'([A-Z][A-Za-z]+)'/g)]
    .filter((match) => !READ.test(text.slice(Math.max(0, match.index - 20), match.index)))
    .flatMap(([, word = '']) => (OTHERS.has(word) || STATES.has(word) ? [] : [word]));
}

/** Elsewhere: what is written as a reason, or named as the runner names them. */
const ASSIGNED = [
  /\breason\??: '([A-Z][A-Za-z]+)'/g,
  /'((?:Step|Stage|Post|Runner)[A-Z][a-z][A-Za-z]+)'/g,
  /\bmake\('\w+', '\w+', '([A-Z][A-Za-z]+)'/g,
];

function assigned(source: string): string[] {
  const text = withoutComments(source);
  return ASSIGNED.flatMap((pattern) => [...text.matchAll(pattern)].map(([, word = '']) => word));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
