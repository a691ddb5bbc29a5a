import assert from 'node:assert/strict';
import { aPlan, aStage, NOW, type PodLook } from '../testing/engine/builders.ts';
import { Driven } from '../testing/engine/driven.ts';

const SERVICES = [{ name: 'db', image: 'postgres:17', ready: { tcp: 5432 } }];
const plan = aPlan([aStage('a', { retries: { infrastructure: 0 }, services: SERVICES })]);
const disruption = (reason: string): NonNullable<PodLook['conditions']> => [
  { type: 'DisruptionTarget', status: 'True', reason, message: 'because' },
];
const OVER: PodLook = { phase: 'Failed', containers: { otto: { exit: 137 }, main: { exit: 137 } } };
const WAITING = { otto: { waiting: 'PodInitializing' }, main: { waiting: 'PodInitializing' } };

interface Case {
  when: string;
  pod: PodLook;
  is: string;
  says: RegExp;
}

/** Pods that are over without their runner's word. */
const ENDED: readonly Case[] = [
  {
    when: 'the kubelet evicted it',
    pod: { ...OVER, reason: 'Evicted', message: 'The node was low on resource: memory. ' },
    is: 'Lost/Evicted',
    says: /Node "node-1" evicted pod "demo-a-1": The node was low on resource: memory\.$/,
  },
  {
    when: 'it was evicted through the API',
    pod: { ...OVER, conditions: disruption('EvictionByEvictionAPI') },
    is: 'Lost/Evicted',
    says: /drain of node "node-1"/,
  },
  {
    when: 'the scheduler preempted it',
    pod: { ...OVER, conditions: disruption('PreemptionByScheduler') },
    is: 'Lost/Preempted',
    says: /gave way to one of higher priority/,
  },
  {
    when: 'its node went away',
    pod: { ...OVER, conditions: disruption('DeletionByTaintManager') },
    is: 'Lost/NodeLost',
    says: /Node "node-1" is not ready/,
  },
  {
    when: 'the garbage collection found its node gone',
    pod: { ...OVER, conditions: disruption('DeletionByPodGC') },
    is: 'Lost/NodeLost',
    says: /Node "node-1" of pod "demo-a-1" is gone/,
  },
  {
    when: 'its node shut down',
    pod: { ...OVER, reason: 'Terminated', conditions: disruption('TerminationByKubelet') },
    is: 'Lost/NodeShutdown',
    says: /shut down/,
  },
  {
    when: 'a critical pod took its place',
    pod: { ...OVER, reason: 'Preempting', conditions: disruption('TerminationByKubelet') },
    is: 'Lost/Preempted',
    says: /critical/,
  },
  {
    when: 'an old node controller says so',
    pod: { ...OVER, reason: 'NodeLost' },
    is: 'Lost/NodeLost',
    says: /does not answer/,
  },
  {
    when: 'a device plugin refused it',
    pod: { phase: 'Failed', containers: null, reason: 'UnexpectedAdmissionError', message: 'no GPU' },
    is: 'Lost/NodeRefused',
    says: /did not take pod "demo-a-1": no GPU/,
  },
  ...['OutOfcpu', 'OutOfmemory', 'OutOfpods'].map((reason) => ({
    when: `the node was ${reason}`,
    pod: { phase: 'Failed', containers: null, reason },
    is: 'Lost/NodeRefused',
    says: new RegExp(`no room left .*${reason}`),
  })),
  {
    when: 'the node does not match its affinity any more',
    pod: { phase: 'Failed', containers: null, reason: 'NodeAffinity' },
    is: 'Lost/NodeRefused',
    says: /no longer fits/,
  },
  {
    when: 'its runner ran out of memory',
    pod: { phase: 'Failed', containers: { otto: { exit: 137, reason: 'OOMKilled' }, main: { exit: 0 } } },
    is: 'Lost/RunnerOOMKilled',
    says: /runner of pod "demo-a-1" ran out of memory: raise/,
  },
  {
    when: 'the user’s container as a whole ran out of memory',
    pod: { phase: 'Failed', containers: { otto: { exit: 1 }, main: { exit: 137, reason: 'OOMKilled' } } },
    is: 'Failed/OOMKilled',
    says: /Container "main" used more memory than its limit: raise resources\.limits\.memory/,
  },
  {
    when: 'the node restarted',
    pod: {
      phase: 'Failed',
      containers: { otto: { exit: 137, reason: 'ContainerStatusUnknown' }, main: { exit: 137 } },
    },
    is: 'Lost/NodeRestarted',
    says: /does not know how pod "demo-a-1" ended/,
  },
  {
    when: 'its runner ended well but said nothing',
    pod: { phase: 'Succeeded', containers: { otto: { exit: 0 }, main: { exit: 0 } } },
    is: 'Lost/RunnerLost',
    says: /\(exit code 0\) without saying how the stage did/,
  },
  {
    when: 'its runner left a message that is no report',
    pod: { phase: 'Failed', containers: { otto: { exit: 1, message: '{"version":1' }, main: { exit: 0 } } },
    is: 'Lost/RunnerLost',
    says: /\(exit code 1\)/,
  },
  {
    when: 'its runner could not follow its instructions',
    pod: { phase: 'Failed', containers: { otto: { exit: 64 }, main: { exit: 0 } } },
    is: 'Lost/RunnerMisconfigured',
    says: /kubectl logs/,
  },
  {
    when: 'its runner could not be started',
    pod: {
      phase: 'Failed',
      containers: { otto: { exit: 128, reason: 'StartError', message: 'no space left' } },
    },
    is: 'Lost/RunnerNotStarted',
    says: /no space left/,
  },
  {
    when: 'its template’s own deadline passed',
    pod: { ...OVER, reason: 'DeadlineExceeded', deadline: 300 },
    is: 'TimedOut/DeadlineExceeded',
    says: /activeDeadlineSeconds \(300\)/,
  },
  {
    when: 'somebody else set a deadline',
    pod: { ...OVER, reason: 'DeadlineExceeded', deadline: 1 },
    is: 'Lost/PodStopped',
    says: /not by Otto/,
  },
  {
    when: 'it failed for a reason that nobody gave',
    pod: { phase: 'Failed', containers: null, message: 'strange' },
    is: 'Lost/PodFailed',
    says: /before its runner began: strange/,
  },
];

/** Pods that will not begin, known at once. */
const HOPELESS: readonly Case[] = [
  {
    when: 'the image has no shell',
    pod: {
      containers: {
        otto: {},
        main: {
          exit: 128,
          reason: 'StartError',
          message: 'exec: "/bin/sh": stat /bin/sh: no such file or directory',
        },
      },
    },
    is: 'Failed/NoShell',
    says: /Image "busybox:1\.36" of container "main" has no \/bin\/sh: set `shell: Otto`/,
  },
  {
    when: 'the container’s runtime fails',
    pod: {
      containers: { otto: {}, main: { exit: 128, reason: 'StartError', message: 'cgroup: out of space' } },
    },
    is: 'Lost/StartError',
    says: /could not be started: cgroup: out of space/,
  },
  {
    when: 'a service crashes again and again',
    pod: {
      phase: 'Pending',
      containers: WAITING,
      services: { db: { waiting: 'CrashLoopBackOff', restarts: 2, last: { exit: 3 } } },
    },
    is: 'Failed/ServiceNotReady',
    says: /Service "db" ended with exit code 3 before it was ready: see `kubectl logs demo-a-1 -c db --previous`/,
  },
  {
    when: 'a service is not ready in its time',
    pod: {
      phase: 'Pending',
      containers: WAITING,
      services: { db: { running: NOW, restarts: 1, last: { exit: 137 } } },
    },
    is: 'Failed/ServiceNotReady',
    says: /Service "db" was not ready in its time/,
  },
];

/** Pods that wait for what may still come. */
const WAITS: readonly Case[] = [
  {
    when: 'no node takes it',
    pod: {
      phase: 'Pending',
      containers: null,
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/3 nodes: Insufficient cpu.',
        },
      ],
    },
    is: 'Unschedulable',
    says: /No node takes pod "demo-a-1": 0\/3 nodes: Insufficient cpu/,
  },
  {
    when: 'its image cannot be pulled',
    pod: { containers: { otto: {}, main: { waiting: 'ErrImagePull', message: 'not found' } } },
    is: 'ImagePullFailed',
    says: /Image "busybox:1\.36" of container "main" cannot be pulled: not found/,
  },
  {
    when: 'its image may not be pulled',
    pod: { containers: { otto: {}, main: { waiting: 'ErrImageNeverPull' } } },
    is: 'ImagePullFailed',
    says: /cannot be pulled/,
  },
  {
    when: 'its Secret is missing',
    pod: {
      containers: {
        otto: {},
        main: { waiting: 'CreateContainerConfigError', message: 'secret "x" not found' },
      },
    },
    is: 'ConfigMissing',
    says: /in namespace "team": secret "x" not found/,
  },
  {
    when: 'its container cannot be made',
    pod: { containers: { otto: {}, main: { waiting: 'CreateContainerError', message: 'name is reserved' } } },
    is: 'ContainerNotStarted',
    says: /name is reserved/,
  },
];

describe('a pod that ended without its runner’s word', () => {
  for (const { when, pod, is, says } of ENDED) {
    it(`is told as ${is} when ${when}`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a', pod);
      run.pass();
      assert.equal(run.shown, `a:${is}`);
      assert.match(run.stage('a')?.message ?? '', says);
    });
  }
});

describe('a stage whose pod will never begin', () => {
  for (const { when, pod, is, says } of HOPELESS) {
    it(`ends at once as ${is} when ${when}, and its pod is stopped`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a', pod);
      const actions = run.pass();
      assert.equal(run.shown, `a:${is}`);
      assert.match(run.stage('a')?.message ?? '', says);
      assert.ok(actions.some(({ type }) => type === 'StopPod'));
    });
  }

  it('ends at once when the image has no valid name', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { containers: { otto: {}, main: { waiting: 'InvalidImageName' } } });
    run.pass();
    assert.equal(run.shown, 'a:Stopping/InvalidImageName');
    run.gone('a');
    run.pass();
    assert.equal(run.shown, 'a:Lost/InvalidImageName');
  });
});

describe('a stage whose pod waits', () => {
  for (const { when, pod, is, says } of WAITS) {
    it(`says ${is} at once when ${when}, and gives up after the limit`, () => {
      const run = new Driven(plan);
      run.pass();
      run.look('a', pod);
      const first = run.pass();
      assert.equal(run.stage('a')?.reason, is);
      assert.match(run.stage('a')?.message ?? '', says);
      assert.match(run.run.status?.message ?? '', /^Stage "a" waits: /);
      assert.deepEqual(
        first.map(({ type }) => type),
        ['Event'],
      );
      run.look('a', { ...pod, created: NOW });
      assert.deepEqual(run.after(599).pass(), [], 'told once');
      run.after(1).pass();
      assert.equal(run.shown, `a:Stopping/${is}`);
      run.gone('a');
      run.pass();
      assert.equal(run.shown, `a:Lost/${is}`);
      assert.match(run.stage('a')?.message ?? '', /Given up after 10m\.$/);
    });
  }

  it('goes on as if nothing had been when it heals', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', WAITS[1]?.pod ?? {});
    run.pass();
    run.after(30).look('a');
    run.pass();
    assert.equal(run.shown, 'a:Running');
    assert.equal(run.run.status?.message, undefined);
  });

  it('says why a volume is not mounted, which only an event tells', () => {
    const run = new Driven(plan);
    run.pass();
    run.look('a', { phase: 'Pending', containers: { otto: { waiting: 'ContainerCreating' } } });
    run.warnings.set('uid-a-1', { reason: 'FailedMount', message: 'secret "git-login" not found' });
    run.pass();
    assert.equal(run.stage('a')?.reason, 'VolumeNotMounted');
    assert.match(run.stage('a')?.message ?? '', /secret "git-login" not found/);
  });
});

describe('a service that started and has to start again', () => {
  it('does not end a stage that runs, though its image cannot be pulled any more', () => {
    const run = new Driven(plan);
    run.pass();
    const created = run.now;
    run.after(1200);
    const db = { waiting: 'ErrImagePull', restarts: 1, last: { exit: 137 } };
    run.look('a', { created, services: { db } });
    run.pass();
    assert.equal(run.shown, 'a:Running');
  });
});
