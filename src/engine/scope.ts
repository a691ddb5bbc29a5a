/** What a stage's expressions see before its pod starts. */
import type { Json } from '../api/pipeline.ts';
import type { RunResult } from '../api/run.ts';
import { renderSource } from '../plan/instantiate.ts';
import type { Plan, Scope } from '../plan/plan.ts';
import type { Decider } from './decider.ts';

/** Made once in a decision and again when a stage has ended meanwhile. */
export class Scopes {
  readonly #decider: Decider;
  readonly #plan: Plan;
  readonly #params: { [name: string]: Json };
  readonly #stages: Scope['stages'] = {};
  #source: Scope['source'] | undefined;

  constructor(decider: Decider, plan: Plan, params: { [name: string]: Json }) {
    this.#decider = decider;
    this.#plan = plan;
    this.#params = params;
    for (const name of decider.stages.keys()) this.ended(name);
  }

  /** Lets later stages see this one, if it has ended. */
  ended(name: string): void {
    const status = this.#decider.stages.get(name);
    if (status?.state !== 'Finished' || status.result === undefined) return;
    this.#stages[name] = { result: status.result, outputs: status.outputs ?? {} };
  }

  /** @param result of the Run so far, which only `finally` stages know. */
  for(revision: string | undefined, result: RunResult | undefined): Scope {
    const { name = '', namespace = '', uid = '' } = this.#decider.input.run.metadata;
    const scope: Scope = {
      params: this.#params,
      source: { ...NO_SOURCE, revision: revision ?? '' },
      run: { name, namespace, uid, result: result ?? '' },
      pipeline: { name: this.#plan.pipeline },
      stages: this.#stages,
    };
    this.#source ??= sourceOf(this.#decider, this.#plan, scope);
    scope.source = { ...this.#source, revision: revision ?? '' };
    return scope;
  }
}

const NO_SOURCE: Scope['source'] = {
  url: '',
  branch: '',
  tag: '',
  revision: '',
  author: '',
  message: '',
  changedPaths: [],
};

function sourceOf({ input }: Decider, plan: Plan, scope: Scope): Scope['source'] {
  const { branch, tag, author, message, changedPaths } = input.run.spec.source ?? {};
  const planned = plan.source && rendered(plan.source, scope);
  return {
    url: planned?.url ?? '',
    branch: branch ?? (tag === undefined ? (planned?.branch ?? '') : ''),
    tag: tag ?? '',
    revision: '',
    author: author ?? '',
    message: message ?? '',
    changedPaths: changedPaths ?? [],
  };
}

/** A ref that does not say what it is stands for a branch, as it does for `git clone --branch`. */
function rendered(
  source: NonNullable<Plan['source']>,
  scope: Scope,
): { url: string; branch: string } | undefined {
  try {
    const { url, ref = '' } = renderSource(source, scope);
    const branch = ref.replace(/^refs\/heads\//, '');
    return { url, branch: branch.startsWith('refs/') ? '' : branch };
  } catch {
    // Said where a stage is made of it.
    return undefined;
  }
}
