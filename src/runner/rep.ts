/** What a container's loop says. User code can write into the same FIFO, so all of it is bounded and checked. */
export type Rep =
  | { kind: 'up'; oom: number }
  | { kind: 'go'; id: string }
  | { kind: 'rc'; id: string; code: number; oom: number };

const LONGEST = 128;

export function parseRep(line: string): Rep | undefined {
  const [word, first = '', second = '', third = '0', ...more] = line.split(' ');
  if (more.length > 0) return undefined;
  if (word === 'up') return { kind: 'up', oom: count(first) ?? 0 };
  if (word === 'go' && first !== '') return { kind: 'go', id: first };
  const code = count(second);
  if (word === 'rc' && first !== '' && code !== undefined) {
    return { kind: 'rc', id: first, code, oom: count(third) ?? 0 };
  }
  return undefined;
}

export class RepReader {
  readonly #handle: (rep: Rep) => void;
  #rest = '';
  #tooLong = false;

  constructor(handle: (rep: Rep) => void) {
    this.#handle = handle;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const rep = this.#tooLong || line.length > LONGEST ? undefined : parseRep(line);
      this.#tooLong = false;
      if (rep !== undefined) this.#handle(rep);
    }
    if (this.#rest.length > LONGEST) {
      this.#tooLong = true;
      this.#rest = '';
    }
  }
}

function count(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
