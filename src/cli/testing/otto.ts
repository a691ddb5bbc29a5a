/** The CLI in this process, against a fake cluster. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StageStatus } from '../../api/run.ts';
import { runProgram } from '../program.ts';
import { FakeCluster, NAMESPACE } from './fake-cluster.ts';
import { RecordingIo } from './recording-io.ts';

export class Otto {
  readonly cluster: FakeCluster = new FakeCluster();
  io: RecordingIo = new RecordingIo();
  #folder = '';

  async open(): Promise<void> {
    await this.cluster.open();
    this.#folder = await mkdtemp(join(tmpdir(), 'otto-cli-'));
    await writeFile(this.kubeconfig, kubeconfig(this.cluster.url));
  }

  async close(): Promise<void> {
    await this.cluster.close();
    await rm(this.#folder, { recursive: true });
  }

  get kubeconfig(): string {
    return join(this.#folder, 'config');
  }

  get folder(): string {
    return this.#folder;
  }

  /** @returns the exit code. */
  async run(...args: readonly string[]): Promise<number> {
    return await runProgram(args, {
      name: 'otto',
      env: { KUBECONFIG: this.kubeconfig },
      io: () => this.io,
    });
  }

  get out(): string {
    return this.io.out.join('\n');
  }

  get err(): string {
    return this.io.err.join('\n');
  }
}

export function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    // The client library takes plain http only so.
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'jane', namespace: NAMESPACE } },
      { name: 'there', context: { cluster: 'c', user: 'jane' } },
    ],
    users: [{ name: 'jane', user: { token: 't' } }],
  });
}

/** A stage that runs, unless told otherwise. */
export function aStage(name: string, rest: Partial<StageStatus> = {}): StageStatus {
  return { name, state: 'Running', attempt: 1, podName: `pod-${name}`, ...rest };
}

/** A stage that ended after two seconds. */
export function ended(
  name: string,
  result: NonNullable<StageStatus['result']>,
  rest: Partial<StageStatus> = {},
): StageStatus {
  const times = { startTime: '2026-01-01T12:00:00Z', finishTime: '2026-01-01T12:00:02Z' };
  return { ...aStage(name), state: 'Finished', result, ...times, ...rest };
}

/** A line of a runner's log. */
export function logLine(text: string): string {
  return `2026-01-01T12:00:00.000Z ${text}`;
}
