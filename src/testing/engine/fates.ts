/** What becomes of a pod: each fate is a script in virtual time, and says what the engine may make of it. */
import type { StageResult } from '../../api/run.ts';
import type { ReportedResult } from '../../runner/protocol.ts';
import type { Random } from '../random.ts';
import type { PodLook } from './builders.ts';

export interface Moment {
  /** Milliseconds after the moment before. */
  after: number;
  look?: PodLook;
  /** The runner reports directly and, at the end, by its termination message. */
  report?: { result?: ReportedResult };
  /** The API server forgets the pod. */
  vanish?: true;
  /** Somebody deletes it: a deletion timestamp, then TERM. */
  delete?: true;
}

export interface Fate {
  name: string;
  moments: Moment[];
  /** Results that are true of it, cancel and limits of the Run aside. */
  results: readonly StageResult[];
  /** How long its runner takes from TERM to its end; never: its node does not answer. */
  termMs: number;
  deaf?: true;
}

const STARTS: Moment = { after: 400, look: { containers: { otto: {}, main: {} } } };

/** Named, with how often they come. */
export function randomFate(random: Random): Fate {
  const name = random.chance(0.55) ? random.pick(GOOD) : random.pick(BAD);
  const fate = FATES[name](random);
  return { ...fate, name, termMs: fate.termMs ?? random.whole(0, 3000) };
}

type FateName = keyof typeof FATES;
type Made = Omit<Fate, 'name' | 'termMs'> & { termMs?: number };

function ran(random: Random, result: ReportedResult, then: Moment[] = []): Moment[] {
  return [
    { ...STARTS, after: random.whole(100, 3000) },
    { after: random.whole(0, 300), report: {} },
    { after: random.whole(10, 20_000), report: { result } },
    ...then,
  ];
}

function running(random: Random): Moment[] {
  return [
    { ...STARTS, after: random.whole(100, 3000) },
    { after: random.whole(0, 300), report: {} },
  ];
}

function told(random: Random, result: ReportedResult): Made {
  return { moments: ran(random, result), results: [result === 'Interrupted' ? 'Lost' : result] };
}

function stuck(random: Random, look: PodLook, heals: boolean): Made {
  const moments: Moment[] = [{ after: random.whole(100, 2000), look: { phase: 'Pending', ...look } }];
  if (!heals) return { moments, results: ['Lost'] };
  return {
    moments: [
      ...moments,
      { ...STARTS, after: random.whole(100, 200_000) },
      ...ran(random, 'Succeeded').slice(1),
    ],
    results: ['Succeeded'],
  };
}

function lostTo(random: Random, look: PodLook): Made {
  return {
    moments: [...running(random), { after: random.whole(10, 20_000), look: { phase: 'Failed', ...look } }],
    results: ['Lost'],
  };
}

const KILLED = { otto: { exit: 137 }, main: { exit: 137 } };

const FATES = {
  succeeds: (random: Random): Made => told(random, 'Succeeded'),
  unstable: (random: Random): Made => told(random, 'Unstable'),
  fails: (random: Random): Made => told(random, 'Failed'),
  aborts: (random: Random): Made => told(random, 'Aborted'),
  timesOut: (random: Random): Made => told(random, 'TimedOut'),
  succeedsThenVanishes: (random: Random): Made => ({
    moments: ran(random, 'Succeeded', [{ after: random.whole(0, 2000), vanish: true }]),
    // Whether its word was heard before it was gone is a matter of luck.
    results: ['Succeeded', 'Lost'],
  }),
  succeedsThenHangs: (random: Random): Made => ({
    moments: ran(random, 'Succeeded').map((moment) =>
      moment.report?.result === undefined
        ? moment
        : { ...moment, look: { containers: { otto: {}, main: {} } } },
    ),
    results: ['Succeeded', 'TimedOut', 'Lost'],
    deaf: true,
    termMs: 0,
  }),
  hangs: (random: Random): Made => ({ moments: running(random), results: ['TimedOut'] }),
  runnerDies: (random: Random): Made =>
    lostTo(random, { containers: { otto: { exit: 1 }, main: { exit: 0 } } }),
  runnerSilent: (random: Random): Made =>
    lostTo(random, { containers: { otto: { exit: 0 }, main: { exit: 0 } } }),
  runnerOOM: (random: Random): Made =>
    lostTo(random, { containers: { otto: { exit: 137, reason: 'OOMKilled' }, main: { exit: 0 } } }),
  evicted: (random: Random): Made =>
    lostTo(random, {
      reason: 'Evicted',
      message: 'The node was low on resource: memory. ',
      containers: KILLED,
    }),
  preempted: (random: Random): Made =>
    lostTo(random, {
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
      containers: KILLED,
    }),
  shutDown: (random: Random): Made => lostTo(random, { reason: 'Terminated', containers: KILLED }),
  refusedByNode: (): Made => ({
    moments: [{ after: 200, look: { phase: 'Failed', reason: 'OutOfcpu', containers: null } }],
    results: ['Lost'],
  }),
  userOOM: (random: Random): Made => ({
    moments: [
      ...running(random),
      { after: random.whole(0, 9000), report: { result: 'Lost' } },
      {
        after: random.whole(0, 1000),
        look: {
          phase: 'Failed',
          containers: { otto: { exit: 1 }, main: { exit: 137, reason: 'OOMKilled' } },
        },
      },
    ],
    results: ['Failed'],
  }),
  noShell: (random: Random): Made => ({
    moments: [
      {
        after: random.whole(100, 3000),
        look: {
          containers: {
            otto: {},
            main: {
              exit: 128,
              reason: 'StartError',
              message: 'exec: "/bin/sh": stat /bin/sh: no such file or directory',
            },
          },
        },
      },
    ],
    results: ['Failed'],
  }),
  serviceCrashes: (random: Random): Made => ({
    moments: [
      {
        after: random.whole(100, 3000),
        look: {
          phase: 'Pending',
          containers: { otto: { waiting: 'PodInitializing' }, main: { waiting: 'PodInitializing' } },
          services: { db: { waiting: 'CrashLoopBackOff', restarts: 3, last: { exit: 1 } } },
        },
      },
    ],
    results: ['Failed'],
  }),
  deletedOutside: (random: Random): Made => ({
    moments: [...running(random), { after: random.whole(0, 9000), delete: true }],
    results: ['Lost'],
  }),
  vanishes: (random: Random): Made => ({
    moments: [...running(random), { after: random.whole(0, 9000), vanish: true }],
    results: ['Lost'],
  }),
  nodeLost: (random: Random): Made => ({
    moments: [...running(random), { after: random.whole(5000, 60_000), delete: true }],
    results: ['Lost', 'TimedOut'],
    deaf: true,
    termMs: 0,
  }),
  unschedulable: (random: Random): Made => stuck(random, UNSCHEDULABLE, false),
  scheduledLate: (random: Random): Made => stuck(random, UNSCHEDULABLE, true),
  noImage: (random: Random): Made => stuck(random, NO_IMAGE, false),
  imageLate: (random: Random): Made => stuck(random, NO_IMAGE, true),
  badImage: (random: Random): Made =>
    stuck(random, { containers: { otto: {}, main: { waiting: 'InvalidImageName' } } }, false),
  noSecret: (random: Random): Made =>
    stuck(random, { containers: { otto: {}, main: { waiting: 'CreateContainerConfigError' } } }, false),
  neverStarts: (random: Random): Made => stuck(random, { containers: null }, false),
};

const UNSCHEDULABLE: PodLook = {
  containers: null,
  conditions: [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available.' },
  ],
};
const NO_IMAGE: PodLook = {
  phase: 'Running',
  containers: { otto: {}, main: { waiting: 'ImagePullBackOff', message: 'Back-off pulling image' } },
};

const GOOD: [FateName, ...FateName[]] = [
  'succeeds',
  'succeeds',
  'succeeds',
  'unstable',
  'scheduledLate',
  'imageLate',
];
const BAD: [FateName, ...FateName[]] = [
  'fails',
  'fails',
  'aborts',
  'timesOut',
  'succeedsThenVanishes',
  'succeedsThenHangs',
  'hangs',
  'runnerDies',
  'runnerSilent',
  'runnerOOM',
  'evicted',
  'preempted',
  'shutDown',
  'refusedByNode',
  'userOOM',
  'noShell',
  'serviceCrashes',
  'deletedOutside',
  'vanishes',
  'nodeLost',
  'unschedulable',
  'noImage',
  'badImage',
  'noSecret',
  'neverStarts',
];
