/** From a stage instance to the pod that runs it. Pure: same input, same pod. */

import type { Pod } from '../../api/kubernetes.ts';
import {
  API_VERSION,
  LABEL_ATTEMPT,
  LABEL_MANAGED_BY,
  LABEL_PIPELINE,
  LABEL_RUN,
  LABEL_STAGE,
  RUNNER_CONTAINER,
} from '../../api/names.ts';
import type { Run } from '../../api/run.ts';
import type { StageInstance } from '../../plan/plan.ts';
import type { PodConfig } from '../config.ts';
import { applyTemplates } from './apply-template.ts';
import { labelValue } from './label-value.ts';
import { runnerContainer } from './runner-container.ts';
import { podSecurity } from './security.ts';
import { serviceContainers } from './service-containers.ts';
import { shellPlacer, userContainers } from './user-containers.ts';
import { volumes } from './volumes.ts';

/** Where a stage reports directly; absent: only by its termination message. */
export interface ReportTarget {
  url: string;
  /** PEM. */
  ca: string;
}

export interface StageAttempt {
  run: Run;
  pipeline: string;
  instance: StageInstance;
  attempt: number;
  podName: string;
  report?: ReportTarget;
}

/** Seconds beyond grace and post in which the runner writes its end. */
const FAREWELL_SECONDS = 10;

export function buildPod(stage: StageAttempt, config: PodConfig): Pod {
  const { run, instance } = stage;
  const placer = shellPlacer(instance, config);
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: stage.podName,
      namespace: run.metadata.namespace ?? 'default',
      labels: labels(stage),
      annotations: {
        'kubectl.kubernetes.io/default-container': RUNNER_CONTAINER,
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      },
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'Run',
          name: run.metadata.name ?? '',
          uid: run.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      shareProcessNamespace: false,
      terminationGracePeriodSeconds: Math.ceil(instance.graceSeconds) + config.postSeconds + FAREWELL_SECONDS,
      ...(instance.serviceAccountName === undefined
        ? {}
        : { serviceAccountName: instance.serviceAccountName }),
      securityContext: podSecurity(instance, config),
      tolerations: ['not-ready', 'unreachable'].map((condition) => ({
        key: `node.kubernetes.io/${condition}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: config.lostNodeSeconds,
      })),
      ...(placer === undefined && instance.services.length === 0
        ? {}
        : {
            initContainers: [
              ...(placer === undefined ? [] : [placer]),
              ...serviceContainers(instance, config),
            ],
          }),
      containers: [runnerContainer(stage, config), ...userContainers(instance, config)],
      volumes: volumes(instance, config),
    },
  };
  return applyTemplates(pod, [config.podTemplate, instance.podTemplate]);
}

function labels(stage: StageAttempt): Record<string, string> {
  return {
    [LABEL_MANAGED_BY]: 'otto',
    'app.kubernetes.io/part-of': labelValue(stage.pipeline),
    [LABEL_RUN]: labelValue(stage.run.metadata.name ?? ''),
    [LABEL_PIPELINE]: labelValue(stage.pipeline),
    [LABEL_STAGE]: stage.instance.name,
    [LABEL_ATTEMPT]: String(stage.attempt),
  };
}
