/** What is wrong with a Pipeline, where, and what to do about it. The operator tells it as it is. */
export type Path = readonly (string | number)[];

export interface Diagnostic {
  /** Stable, for programs: `UnknownStep`, `Cycle` … */
  code: string;
  /** What is wrong, with the cure. */
  message: string;
  /** Into the object: `['spec', 'stages', 2, 'steps', 0, 'sh']`. */
  path: (string | number)[];
  severity: 'error' | 'warning';
}

/** More than this helps nobody, and the list travels in a condition's message. */
const MAX_DIAGNOSTICS = 100;

/** Collects all problems, not the first. */
export class Problems {
  readonly #list: Diagnostic[] = [];
  #errors = 0;

  error(code: string, path: Path, message: string): void {
    this.#errors += 1;
    this.#add({ code, message, path: [...path], severity: 'error' });
  }

  warning(code: string, path: Path, message: string): void {
    this.#add({ code, message, path: [...path], severity: 'warning' });
  }

  #add(diagnostic: Diagnostic): void {
    if (this.#list.length < MAX_DIAGNOSTICS) this.#list.push(diagnostic);
    else if (this.#list.length === MAX_DIAGNOSTICS) {
      const message = `There are more problems than the ${MAX_DIAGNOSTICS} shown; correct these first.`;
      this.#list.push({ code: 'TooManyProblems', message, path: ['spec'], severity: diagnostic.severity });
    }
  }

  /** Errors seen, the ones beyond the list's bound included. */
  get errors(): number {
    return this.#errors;
  }

  /** What comes now is counted and not shown, so a suggestion for it is not worth its time. */
  get full(): boolean {
    return this.#list.length > MAX_DIAGNOSTICS;
  }

  get list(): Diagnostic[] {
    return this.#list;
  }
}

/** `spec.stages[2].steps[0].sh`: a path as people write it. */
export function formatPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}
