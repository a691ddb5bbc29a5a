/**
 * docs/faults.md, held to what happens: each text that its table says `kubectl describe run` shows must have been seen
 * there. `…` in the page stands for any text.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './ground.ts';

const FILE = join(import.meta.dirname, '../../docs/faults.md');
/** Events are written after the status that they tell of. */
const EVENTS_MS = 60_000;

export interface Row {
  readonly fault: string;
  /** What `kubectl describe run` shows, of each piece of code in the cell. */
  readonly shown: readonly string[];
}

export function rowsOfPage(): readonly Row[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!fault |-)/.test(line))
    .map((line) => {
      const [, fault = '', , shown = ''] = line.split('|').map((cell) => cell.trim());
      return { fault, shown: [...shown.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text) };
    });
}

/** Looks at a Run now and then and remembers which of the page's texts it has seen. */
export class Witness {
  readonly #fault: string;
  readonly #describe: () => Promise<string>;
  readonly #unseen: Set<string>;
  #last = '';

  /** @param fault first cell of the row. */
  constructor(fault: string, describe: () => Promise<string>) {
    const row = rowsOfPage().find((known) => known.fault === fault);
    if (row === undefined) throw new Error(`docs/faults.md has no row for "${fault}"`);
    if (row.shown.length === 0) throw new Error(`docs/faults.md does not say what is shown for "${fault}"`);
    this.#fault = fault;
    this.#describe = describe;
    this.#unseen = new Set(row.shown);
  }

  /** @returns whether all has been seen. */
  async look(): Promise<boolean> {
    this.#last = await this.#describe();
    const text = spaced(this.#last);
    for (const shown of this.#unseen) if (patternOf(shown).test(text)) this.#unseen.delete(shown);
    return this.#unseen.size === 0;
  }

  /** @throws what has not been seen, and what was there instead. */
  async sawAll(): Promise<void> {
    try {
      await eventually('all is shown', async () => (await this.look()) || undefined, EVENTS_MS);
    } catch (error) {
      const missing = [...this.#unseen].join('\n  ');
      const there = this.#last.slice(this.#last.indexOf('\nStatus:'));
      throw new Error(`docs/faults.md, "${this.#fault}": not shown:\n  ${missing}\nbut:${there}`, {
        cause: error,
      });
    }
  }
}

/** Columns are aligned as their longest content wants it. */
function spaced(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function patternOf(shown: string): RegExp {
  const parts = spaced(shown)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*?'));
}
