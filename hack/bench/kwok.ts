// Simulated nodes: pods on them run by the clock, and end as Otto's runner would let them end.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from '../tools/tools.ts';
import { endOf, tied } from './process.ts';

export const SIMULATED = 'otto-bench/simulated';

/** For each step of the report, so that its size is a real one's. */
const STEPS = ['echo one', 'echo two', 'echo three'];

export interface KwokOptions {
  kubeconfig: string;
  folder: string;
  /** How long a pod runs. */
  podMs: number;
}

export async function startKwok({ kubeconfig, folder, podMs }: KwokOptions): Promise<ChildProcess> {
  const file = join(folder, 'kwok.json');
  const documents = [configuration, node, podRuns, podEnds(podMs)];
  await writeFile(file, documents.map((document) => JSON.stringify(document, undefined, 2)).join('\n---\n'));
  const log = openSync(join(folder, 'kwok.log'), 'a');
  try {
    // Its times are the reports', which are in UTC.
    const argv = [`--kubeconfig=${kubeconfig}`, `--config=${file}`, '--server-address='];
    const env = { ...process.env, TZ: 'UTC' };
    return tied(spawn(await tool('kwok'), argv, { stdio: ['ignore', log, log], env }));
  } finally {
    closeSync(log);
  }
}

export async function stopKwok(kwok: ChildProcess): Promise<void> {
  kwok.kill('SIGTERM');
  await endOf(kwok, 5000);
}

export function simulatedNode(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [SIMULATED]: 'true', 'kubernetes.io/hostname': name } },
  };
}

const configuration = {
  apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
  kind: 'KwokConfiguration',
  options: {
    manageNodesWithLabelSelector: `${SIMULATED}=true`,
    // Without these kwok 0.8 does nothing.
    podPlayStageParallelism: 32,
    nodePlayStageParallelism: 4,
    nodeLeaseDurationSeconds: 40,
    nodeLeaseParallelism: 2,
  },
};

function stage(name: string, kind: string, spec: object): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, ...spec },
  };
}

const alive = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };

const node = stage('node-ready', 'Node', {
  selector: {
    matchExpressions: [
      {
        key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
        operator: 'NotIn',
        values: ['True'],
      },
    ],
  },
  next: {
    statusTemplate: `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- {lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }}, message: {{ .message | Quote }}, reason: {{ .reason | Quote }}, status: {{ .status | Quote }}, type: {{ .type | Quote }}}
{{ end }}
allocatable: {cpu: "1000", memory: 1Ti, pods: "100000"}
capacity: {cpu: "1000", memory: 1Ti, pods: "100000"}
`,
  },
});

const podRuns = stage('pod-runs', 'Pod', {
  selector: { matchExpressions: [alive, { key: '.status.phase', operator: 'In', values: ['Pending'] }] },
  next: {
    statusTemplate: `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
podIP: 127.0.0.1
conditions:
- {lastTransitionTime: {{ $now | Quote }}, status: "True", type: Initialized}
- {lastTransitionTime: {{ $now | Quote }}, status: "True", type: Ready}
- {lastTransitionTime: {{ $now | Quote }}, status: "True", type: ContainersReady}
containerStatuses:
{{ range .spec.containers }}
- {image: {{ .image | Quote }}, name: {{ .name | Quote }}, ready: true, started: true, restartCount: 0, state: {running: {startedAt: {{ $now | Quote }}}}}
{{ end }}
`,
  },
});

/** The runner's termination message is a whole report, as src/runner/protocol.ts has it. */
function podEnds(podMs: number): object {
  const step = `"result" "Succeeded" "exitCode" 0 "startTime" $began "finishTime" $now`;
  const steps = STEPS.map((name) => `(dict "name" "${name}" ${step})`).join(' ');
  return stage('pod-ends', 'Pod', {
    selector: { matchExpressions: [alive, { key: '.status.phase', operator: 'In', values: ['Running'] }] },
    delay: { durationMilliseconds: podMs },
    next: {
      statusTemplate: `
{{ $now := Now }}
{{ $began := .status.startTime }}
{{ $labels := .metadata.labels }}
{{ $report := dict "version" 1 "run" (index .metadata.ownerReferences 0).name "stage" (index $labels "otto.dev/stage") "attempt" (atoi (index $labels "otto.dev/attempt")) "sequence" 7 "startTime" $began "finishTime" $now "result" "Succeeded" "steps" (list ${steps}) }}
phase: Succeeded
conditions:
- {lastTransitionTime: {{ $now | Quote }}, status: "False", reason: PodCompleted, type: Ready}
- {lastTransitionTime: {{ $now | Quote }}, status: "False", reason: PodCompleted, type: ContainersReady}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  started: false
  restartCount: 0
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ $began | Quote }}
      finishedAt: {{ $now | Quote }}
      {{ if eq .name "otto" }}
      message: {{ toJson $report | Quote }}
      {{ end }}
{{ end }}
`,
    },
  });
}
