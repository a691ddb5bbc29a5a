// The few questions the cluster's own start asks the API server: no client library is worth its half second here.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Layout } from './layout.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class Api {
  readonly #layout: Layout;
  readonly #token: string;
  readonly #ca: string;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#token = readFileSync(join(layout.pki, 'tokens.csv'), 'utf8').split(',')[0] ?? '';
    this.#ca = readFileSync(join(layout.pki, 'ca.crt'), 'utf8');
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#layout.apiServer),
        {
          method,
          ca: this.#ca,
          agent: false,
          timeout: 5_000,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json',
          },
        },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
          incoming.on('error', reject);
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in 5 s')));
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Status 0 where there was no answer at all. */
  async status(path: string): Promise<number> {
    try {
      return (await this.call('GET', path)).status;
    } catch {
      return 0;
    }
  }

  async ready(): Promise<boolean> {
    return (await this.status('/readyz')) === 200;
  }

  async nodeReady(): Promise<boolean> {
    try {
      const { status, body } = await this.call('GET', `/api/v1/nodes/${this.#layout.nodeName}`);
      return status === 200 && /"type":"Ready","status":"True"/.test(JSON.stringify(readyCondition(body)));
    } catch {
      return false;
    }
  }
}

function readyCondition(body: string): unknown {
  const node: unknown = JSON.parse(body);
  const conditions = field(field(node, 'status'), 'conditions');
  if (!Array.isArray(conditions)) return undefined;
  const ready: unknown = conditions.find((condition) => field(condition, 'type') === 'Ready');
  return { type: 'Ready', status: field(ready, 'status') };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Waits until it holds; `describe` says what was waited for when it does not within the time (milliseconds). */
export async function eventually(
  holds: () => Promise<boolean>,
  { timeout, describe }: { readonly timeout: number; readonly describe: () => string },
): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${describe()} (waited ${timeout / 1000} s)`);
    await delay(50);
  }
}
