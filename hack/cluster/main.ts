// The command of the local cluster. `--help` says everything.
import { parseArgs } from 'node:util';
import { defaultName, down, open, registeredNames, status, up } from './cluster.ts';
import { type ProviderName, providerNames } from './contract.ts';

const help = `A local Kubernetes cluster for development, e2e tests and benchmarks.

usage: node hack/bootstrap.mjs hack/cluster/main.ts COMMAND [--name NAME]

  up                    start it, mend it, or find it running; prints the path of its kubeconfig
      --provider P      context, kind or built; without it the first that fits:
                        context  only when --context names one
                        kind     where a Docker or Podman engine answers
                        built    from Go modules, on Linux as root (first build: about 6 minutes on 2 cores)
      --context C       use the cluster behind this context of your kubeconfig
      --audit           built: the API server logs every request to logs/audit.log
  down                  remove its processes, mounts, network and files
  status                what runs; exits 1 when it is not healthy; without --name all clusters
  kubeconfig            print the path: export KUBECONFIG=$(… kubeconfig)
  load ARCHIVE REF      load an OCI or Docker archive as the image REF
  components            built: names and process ids
  components stop NAME  built: kill -9 it (--grace MS: SIGTERM first)
  components start NAME built: start it and wait until it answers

  --name NAME           which cluster (default: ${defaultName}); several can run beside each other
environment: OTTO_CACHE (built tools; default ~/.cache/otto), OTTO_STATE (clusters; default ~/.local/state/otto)
The kubeconfig is the cluster's own: yours is never changed.`;

const log = (line: string): void => console.error(line);

function providerOf(text: string | undefined): ProviderName | undefined {
  if (text === undefined) return undefined;
  const known = providerNames.find((name) => name === text);
  if (known === undefined)
    throw new Error(`no provider is called ${text}: there are ${providerNames.join(', ')}`);
  return known;
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      context: { type: 'string' },
      provider: { type: 'string' },
      audit: { type: 'boolean' },
      grace: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [command, ...rest] = positionals;
  const name = values.name ?? defaultName;
  if (values.help === true || command === undefined) {
    console.log(help);
    return values.help === true ? 0 : 64;
  }
  switch (command) {
    case 'up': {
      const provider = providerOf(values.provider);
      const cluster = await up({
        name,
        log,
        audit: values.audit ?? false,
        ...(values.context === undefined ? {} : { context: values.context }),
        ...(provider === undefined ? {} : { provider }),
      });
      console.log(cluster.kubeconfig);
      return 0;
    }
    case 'down':
      await down(name);
      return 0;
    case 'status':
      return await printStatus(values.name === undefined ? registeredNames() : [name]);
    case 'kubeconfig':
      console.log((await open(name)).kubeconfig);
      return 0;
    case 'load':
      return await load(name, rest);
    case 'components':
      return await components(name, rest, Number(values.grace ?? '0'));
    default:
      console.error(`no command is called ${command}\n\n${help}`);
      return 64;
  }
}

async function printStatus(names: readonly string[]): Promise<number> {
  if (names.length === 0) console.log('no cluster runs here');
  let healthy = names.length > 0;
  for (const name of names) {
    const found = await status(name);
    if (found === undefined) console.log(`${name}: no such cluster`);
    else
      console.log(
        `${name} (${found.provider}): ${found.healthy ? 'healthy' : 'not healthy'}\n  ${found.details.join('\n  ')}`,
      );
    healthy &&= found?.healthy ?? false;
  }
  return healthy ? 0 : 1;
}

async function load(name: string, [archive, ref]: readonly string[]): Promise<number> {
  if (archive === undefined || ref === undefined) throw new Error('usage: load ARCHIVE REF');
  await (await open(name)).loadImage(archive, ref);
  return 0;
}

async function components(
  name: string,
  [action, component]: readonly string[],
  grace: number,
): Promise<number> {
  const { components: found, provider } = await open(name);
  if (found === undefined) throw new Error(`the provider ${provider} cannot stop and start components`);
  if (action === undefined) {
    for (const each of found.names) console.log(`${each} ${found.componentPid(each) ?? '-'}`);
  } else if (component === undefined || (action !== 'stop' && action !== 'start')) {
    throw new Error('usage: components [stop|start NAME]');
  } else if (action === 'stop') {
    await found.stopComponent(component, { grace });
  } else {
    await found.startComponent(component);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`otto cluster: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
