/** Services of a stage as native sidecars: started in order, each ready before the next and before the stage's containers. */
import type { PodSpec } from '../../api/kubernetes.ts';
import type { Service } from '../../api/pipeline.ts';
import { parseDuration } from '../../plan/duration.ts';
import type { StageInstance } from '../../plan/plan.ts';
import type { PodConfig } from '../config.ts';
import { environment, kubeResources, literal } from './container-fields.ts';
import { containerSecurity } from './security.ts';

type Container = PodSpec['containers'][number];
type Probe = NonNullable<Container['startupProbe']>;

const READY_SECONDS = 300;

export function serviceContainers(instance: StageInstance, config: PodConfig): Container[] {
  return instance.services.map((service) => {
    const startupProbe = probe(service.ready);
    return {
      name: service.name,
      image: service.image,
      restartPolicy: 'Always',
      ...(service.command === undefined ? {} : { command: service.command.map(literal) }),
      ...(service.args === undefined ? {} : { args: service.args.map(literal) }),
      env: environment(service.env ?? {}),
      resources: kubeResources(service.resources, config.defaultResources),
      securityContext: containerSecurity(false),
      ...(startupProbe === undefined ? {} : { startupProbe }),
    };
  });
}

function probe(ready: Service['ready']): Probe | undefined {
  if (ready === undefined) return undefined;
  const timing = {
    periodSeconds: 1,
    timeoutSeconds: 5,
    // The stage has failed by then: what was never ready need not end in peace, for as long as a stage's pod may take.
    terminationGracePeriodSeconds: 2,
    failureThreshold: Math.max(
      1,
      Math.ceil(ready.timeout === undefined ? READY_SECONDS : seconds(ready.timeout)),
    ),
  };
  if (ready.tcp !== undefined) return { ...timing, tcpSocket: { port: ready.tcp } };
  if (ready.http !== undefined) {
    return { ...timing, httpGet: { port: ready.http.port, path: ready.http.path ?? '/' } };
  }
  if (ready.exec !== undefined) return { ...timing, exec: { command: ready.exec.map(literal) } };
  return undefined;
}

function seconds(duration: string): number {
  return parseDuration(duration) ?? READY_SECONDS;
}
