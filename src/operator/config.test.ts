import assert from 'node:assert/strict';
import { ConfigError, type OperatorConfig, readConfig } from './config.ts';
import { main } from './main.ts';
import { SETTINGS } from './settings.ts';

const LEAST = { OTTO_RUNNER_IMAGE: 'localhost/otto:1' };

function read(flags: readonly string[], environment: Record<string, string> = {}): OperatorConfig {
  return readConfig({ ...LEAST, ...environment }, flags, 'host-1');
}

function problemsOf(
  flags: readonly string[],
  environment: Record<string, string> = LEAST,
): readonly string[] {
  try {
    readConfig(environment, flags, 'host-1');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** Each flag with a value other than its default, and where that value goes. */
const GOOD: {
  readonly [flag: string]: readonly [value: string, get: (config: OperatorConfig) => unknown, seen?: unknown];
} = {
  namespace: ['ci', (config) => config.namespace],
  'watch-namespaces': ['a, b,', (config) => config.watchNamespaces, ['a', 'b']],
  release: ['otto-2', (config) => config.release],
  identity: ['me', (config) => config.identity],
  'pod-ip': ['fd00::1', (config) => config.podIP],
  'leader-election': ['false', (config) => config.leaderElection, false],
  workers: ['3', (config) => config.workers, 3],
  'reports-port': ['9443', (config) => config.ports.reports, 9443],
  'observe-port': ['0', (config) => config.ports.observe, 0],
  'report-url': ['https://otto.ci:8443', (config) => config.reportUrl],
  context: ['kind-otto', (config) => config.context],
  stdlib: ['/steps', (config) => config.stdlib],
  'log-level': ['debug', (config) => config.logLevel],
  'progress-interval-ms': ['0', (config) => config.progressIntervalMs, 0],
  'pending-limit-seconds': ['5', (config) => config.engine.pendingLimitSeconds, 5],
  'pipeline-limit-seconds': ['6', (config) => config.engine.pipelineLimitSeconds, 6],
  'ttl-seconds': ['0', (config) => config.engine.ttlSeconds, 0],
  'max-pods-per-run': ['7', (config) => config.engine.maxPodsPerRun, 7],
  'post-seconds': ['8', (config) => [config.engine.postSeconds, config.pods.postSeconds], [8, 8]],
  'runner-image': ['localhost/otto:2', (config) => config.pods.runnerImage],
  'runner-pull-policy': ['Always', (config) => config.pods.runnerPullPolicy],
  'runner-resources': [
    '{"limits":{"cpu":1,"memory":"1Gi"}}',
    (config) => config.pods.runnerResources,
    { limits: { cpu: 1, memory: '1Gi' } },
  ],
  'default-resources': [
    '{"requests":{"cpu":"0.5"}}',
    (config) => config.pods.defaultResources,
    { requests: { cpu: '0.5' } },
  ],
  'pod-template': [
    '{"spec":{"nodeSelector":{"ci":"true"}}}',
    (config) => config.pods.podTemplate,
    { spec: { nodeSelector: { ci: 'true' } } },
  ],
  'run-as-user': ['0', (config) => config.pods.runAsUser, 0],
  'run-as-group': ['5', (config) => config.pods.runAsGroup, 5],
  'lost-node-seconds': ['0', (config) => config.pods.lostNodeSeconds, 0],
  'io-bytes': ['1048576', (config) => config.pods.ioBytes, 1_048_576],
  'log-bytes': ['65536', (config) => config.pods.logBytes, 65_536],
  'outputs-bytes': ['256', (config) => config.pods.outputsBytes, 256],
};

/** Values that are refused, by flag. */
const BAD: { readonly [flag: string]: readonly string[] } = {
  namespace: ['No Namespace', '-x'],
  'watch-namespaces': ['a,B', 'a b'],
  release: ['Otto', 'x'.repeat(54)],
  'pod-ip': ['10.0.0.256', 'localhost'],
  'leader-election': ['yes', 'True'],
  workers: ['0', '257', '1.5', '-1', 'many', '0x10', '1e2', ' 4', 'NaN'],
  'reports-port': ['65536', 'http'],
  'observe-port': ['-1'],
  'report-url': ['http://otto.ci:8443', 'otto.ci', 'https://'],
  'log-level': ['verbose', 'INFO'],
  'progress-interval-ms': ['60001'],
  'pending-limit-seconds': ['0'],
  'pipeline-limit-seconds': ['0'],
  'ttl-seconds': ['7d'],
  'max-pods-per-run': ['0'],
  'post-seconds': ['1m'],
  'runner-pull-policy': ['always'],
  'runner-resources': [
    '1Gi',
    '[]',
    '{"limit":{}}',
    '{"limits":[]}',
    '{"limits":{"cpu":true}}',
    '{"limits":{"cpu":"1 core"}}',
  ],
  'default-resources': ['{', '{"requests":{"memory":"1GiB"}}'],
  'pod-template': ['null', '{"spec":[]}', '{"spec":{"containers":{}}}', '{"metadata":{"labels":{"a":1}}}'],
  'run-as-user': ['root', '2147483648'],
  'run-as-group': ['-1'],
  'lost-node-seconds': ['x'],
  'io-bytes': ['1048575'],
  'log-bytes': ['1'],
  'outputs-bytes': ['255'],
};

describe('the configuration of the operator', () => {
  it('needs nothing but the image of the runner', () => {
    assert.deepEqual(problemsOf([], {}), [
      "--runner-image (OTTO_RUNNER_IMAGE) is missing: image of the runner, as a rule the operator's own",
    ]);
    assert.deepEqual(problemsOf([]), []);
  });

  it('is tested here for each of its flags', () => {
    assert.deepEqual(Object.keys(GOOD), Object.keys(SETTINGS));
  });

  for (const [flag, [value, get, seen = value]] of Object.entries(GOOD)) {
    it(`takes --${flag} as a flag, with a blank or =, and as a variable`, () => {
      const { variable = '' } = SETTINGS[flag] ?? {};
      assert.deepEqual(get(read([`--${flag}`, value])), seen);
      assert.deepEqual(get(read([`--${flag}=${value}`])), seen);
      assert.deepEqual(get(read([], { [variable]: value })), seen);
      assert.notDeepEqual(get(read([])), seen, 'the default is another');
    });
  }

  for (const [flag, values] of Object.entries(BAD)) {
    for (const value of values) {
      it(`refuses --${flag} "${value.slice(0, 40)}" and names flag and variable`, () => {
        const problems = problemsOf([`--${flag}=${value}`]);
        assert.equal(problems.length, 1, problems.join('\n'));
        assert.ok(problems[0]?.startsWith(`--${flag} (${SETTINGS[flag]?.variable})`), problems[0]);
      });
    }
  }

  it('lets a flag go before its variable, and takes an empty variable for none', () => {
    assert.equal(read(['--workers=3'], { OTTO_WORKERS: '4' }).workers, 3);
    assert.equal(read([], { OTTO_WORKERS: '' }).workers, 8);
  });

  it('keeps an = within a value', () => {
    assert.equal(read(['--identity=a=b']).identity, 'a=b');
  });

  it('says every problem at once', () => {
    const flags = ['--workers=0', '--log-level=loud', '--nonsense=1', '--identity'];
    const problems = problemsOf(flags);
    assert.equal(problems.length, 4);
    for (const part of ['--workers', '--log-level', '"--nonsense=1"', '--identity needs a value']) {
      assert.ok(
        problems.some((problem) => problem.includes(part)),
        part,
      );
    }
  });

  for (const stranger of ['-workers', 'workers', '--', '--constructor=1', '--toString', '--__proto__=1']) {
    it(`does not know "${stranger}", and tells the flags that there are`, () => {
      const [problem = ''] = problemsOf([stranger]);
      assert.ok(problem.includes(`"${stranger}"`) && problem.includes('--leader-election'), problem);
    });
  }

  it('has variables that are different, and named alike', () => {
    const variables = Object.values(SETTINGS).map(({ variable }) => variable);
    assert.equal(new Set(variables).size, variables.length);
    for (const [flag, { variable }] of Object.entries(SETTINGS)) {
      assert.equal(variable, `OTTO_${flag.toUpperCase().replaceAll('-', '_')}`);
    }
  });
});

describe('otto operator', () => {
  async function run(argv: readonly string[]): Promise<{ code: number; said: string }> {
    const said: string[] = [];
    const { log, error } = console;
    console.log = (text: string) => said.push(text);
    console.error = (text: string) => said.push(text);
    try {
      return { code: await main(argv), said: said.join('\n') };
    } finally {
      Object.assign(console, { log, error });
    }
  }

  it('prints with --help each flag, its variable and its default', async () => {
    const { code, said } = await run(['--help']);
    assert.equal(code, 0);
    for (const [flag, { variable, default: fallback = '', description }] of Object.entries(SETTINGS)) {
      for (const part of [`--${flag} `, variable, fallback, description])
        assert.ok(said.includes(part), part);
    }
  });

  it('ends as a wrong command does when it is told what it does not understand', async () => {
    const { code, said } = await run(['--workers=none', '--runner-image=localhost/otto:1']);
    assert.equal(code, 64);
    assert.match(said, /has 1 problem.*--workers \(OTTO_WORKERS\) is "none"/s);
  });
});
