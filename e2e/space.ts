/** A namespace of a test's own in which Otto runs Runs: under the Pod Security level `restricted`, unless told otherwise. */
import assert from 'node:assert/strict';
import { tool } from '../hack/tools/tools.ts';
import type { PipelineSpec, StepStatus } from '../src/api/generated/types.ts';
import type { Pod } from '../src/api/kubernetes.ts';
import type { Run, RunSpec, StageStatus } from '../src/api/run.ts';
import { type LogLine, parseLogLine } from '../src/runner/log-format.ts';
import { type Answer, connect, type Kubectl, namespaceFor } from './kubectl.ts';
import { RunWatch } from './run-watch.ts';
import { Stream } from './stream.ts';

/** Longer than any Run here takes while all others run beside it on two cores. */
export const PATIENCE_MS = 240_000;

export class Space {
  readonly namespace: string;
  readonly #level: string;
  #kubectl: Kubectl | undefined;
  #watch: RunWatch | undefined;
  #last: string | undefined;

  constructor(test: string, level: 'restricted' | 'privileged' = 'restricted') {
    this.namespace = namespaceFor(test);
    this.#level = level;
  }

  async start(): Promise<void> {
    this.#kubectl = await connect(this.namespace);
    const labels = { 'pod-security.kubernetes.io/enforce': this.#level };
    const metadata = { name: this.namespace, labels };
    await this.kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'Namespace', metadata });
    this.#watch = new RunWatch(await tool('kubectl'), this.#where());
  }

  /** kubectl whose output is looked at while it runs. */
  async stream(args: readonly string[]): Promise<Stream> {
    return new Stream(await tool('kubectl'), [...this.#where(), ...args]);
  }

  #where(): string[] {
    return ['--kubeconfig', process.env['OTTO_E2E_KUBECONFIG'] ?? '', '--namespace', this.namespace];
  }

  async stop(): Promise<void> {
    this.#watch?.close();
    await this.call(['delete', 'namespace', this.namespace, '--wait=false', '--ignore-not-found']);
  }

  /** @returns what kubectl printed; it must succeed. */
  async kubectl(args: readonly string[], input?: object | string): Promise<string> {
    const { code, stdout, stderr } = await this.call(args, input);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async call(args: readonly string[], input?: object | string): Promise<Answer> {
    if (this.#kubectl === undefined) throw new Error('start() comes first');
    return await this.#kubectl(args, input);
  }

  /** All at once; they run side by side. */
  async create(...objects: readonly object[]): Promise<void> {
    await this.kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: objects });
  }

  async until(
    name: string,
    what: string,
    holds: (run: Run) => boolean,
    limitMs: number = PATIENCE_MS,
  ): Promise<Run> {
    this.#last = name;
    if (this.#watch === undefined) throw new Error('start() comes first');
    return await this.#watch.until(name, what, holds, limitMs);
  }

  async ended(name: string, limitMs?: number): Promise<Run> {
    return await this.until(name, 'the end', ({ status }) => status?.completionTime !== undefined, limitMs);
  }

  history(name: string): readonly Run[] {
    return this.#watch?.history(name) ?? [];
  }

  async setState(name: string, state: 'Running' | 'Paused' | 'Cancelled'): Promise<void> {
    await this.kubectl(['patch', 'run', name, '--type=merge', '-p', JSON.stringify({ spec: { state } })]);
  }

  /** What the steps of a stage said, line by line, without times and markers. */
  async log(run: Run, stage: string): Promise<string> {
    const lines = await this.logLines(run, stage);
    return lines.flatMap((line) => (line.kind === 'text' ? [line.text] : [])).join('\n');
  }

  async logLines(run: Run, stage: string): Promise<LogLine[]> {
    const text = await this.podLog(stageOf(run, stage).podName ?? '');
    return text.trimEnd().split('\n').map(parseLogLine);
  }

  /** Of a stage that has ended. The Run may know it before the kubelet has told the API server that the pod began. */
  async podLog(pod: string, ...flags: string[]): Promise<string> {
    const phase = await this.stream(['get', 'pod', pod, '--watch', '-o', 'jsonpath={.status.phase}{"\\n"}']);
    await phase.says(/Succeeded|Failed/);
    phase.stop();
    return await this.kubectl(['logs', pod, ...flags]);
  }

  /** Makes the file `go` in the workspace of a stage whose script waits for it. */
  async letGo(run: Run, stage: string): Promise<void> {
    const pod = stageOf(run, stage).podName ?? '';
    // The stage may have reported before the kubelet knows its own container, and can exec into it.
    const started = 'jsonpath={.status.containerStatuses[?(@.name=="main")].started}{"\\n"}';
    const watch = await this.stream(['get', 'pod', pod, '--watch', '-o', started]);
    await watch.says(/true/);
    watch.stop();
    await this.kubectl(['exec', pod, '-c', 'main', '--', 'touch', '/workspace/go']);
  }

  async pods(selector = ''): Promise<Pod[]> {
    const list: { items: Pod[] } = JSON.parse(
      await this.kubectl(['get', 'pods', '-o', 'json', '-l', selector]),
    );
    return list.items;
  }

  /** For `afterEach`: all about the Run that was looked at last. */
  async explain(test: Mocha.Test | undefined): Promise<void> {
    if (test?.state !== 'failed' || this.#last === undefined) return;
    const selector = ['-l', `otto.dev/run=${this.#last}`];
    const looks = [
      ['get', 'run', this.#last, '-o', 'jsonpath={.status}'],
      ['get', 'pods', '-o', 'wide', ...selector],
      ['logs', '--all-containers', '--prefix', '--tail=40', ...selector],
    ];
    console.error(`\n--- Run ${this.#last} of "${test.fullTitle()}"`);
    for (const look of looks) {
      const { stdout, stderr } = await this.call(look);
      console.error(`$ kubectl ${look.join(' ')}\n${stdout}${stderr}`);
    }
  }
}

export function aRun(name: string, spec: RunSpec): object {
  return { apiVersion: 'otto.dev/v1alpha1', kind: 'Run', metadata: { name }, spec };
}

export function anInlineRun(name: string, pipelineSpec: PipelineSpec, rest: RunSpec = {}): object {
  return aRun(name, { ...rest, pipelineSpec });
}

export function aPipeline(name: string, spec: PipelineSpec): object {
  return { apiVersion: 'otto.dev/v1alpha1', kind: 'Pipeline', metadata: { name }, spec };
}

export function stageOf(run: Run, name: string): StageStatus {
  const found = run.status?.stages?.find((stage) => stage.name === name);
  assert.ok(found, `there is no stage ${name} in ${JSON.stringify(run.status)}`);
  return found;
}

/** @param at counts from 0. */
export function stepOf(run: Run, stage: string, at: number): StepStatus {
  const found = stageOf(run, stage).steps?.[at];
  assert.ok(found, `stage ${stage} has no step ${at}: ${JSON.stringify(stageOf(run, stage))}`);
  return found;
}

export function stepSeconds({ startTime = '', finishTime = '' }: StepStatus): number {
  return (Date.parse(finishTime) - Date.parse(startTime)) / 1000;
}

export function succeededCondition(run: Run): { status: string; reason: string } {
  const { status = 'none', reason = 'none' } =
    run.status?.conditions?.find(({ type }) => type === 'Succeeded') ?? {};
  return { status, reason };
}
