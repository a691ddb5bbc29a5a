/** The compiler's errors as one message of a condition: every error with its path, within the bound of a condition. */
import { cut } from '../engine/text.ts';
import type { Diagnostic } from '../plan/diagnostics.ts';

const LONGEST = 8000;
const LONGEST_LINE = 2000;

export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const lines: string[] = [];
  let length = 0;
  for (const [index, diagnostic] of diagnostics.entries()) {
    const line = cut(`${pathText(diagnostic.path)}: ${diagnostic.message}`, LONGEST_LINE);
    if (length + line.length > LONGEST) {
      lines.push(`and ${diagnostics.length - index} more, shown once these are corrected`);
      break;
    }
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join('\n');
}

/** `spec.stages[2].steps[0].sh` */
function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}
