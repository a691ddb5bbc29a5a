/**
 * Frozen plans: a Pipeline is compiled once per version, written once as a ControllerRevision named by its content,
 * and from then on a Run only ever reads that. What a Pipeline says later is nothing to a Run that has started.
 */
import type { ControllerRevision, KubeObject, OwnerReference } from '../api/kubernetes.ts';
import { API_VERSION, LABEL_MANAGED_BY, LABEL_PIPELINE } from '../api/names.ts';
import type { PipelineSpec } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import type { PlanProblem } from '../engine/decide-types.ts';
import type { ApiClient } from '../kube/client.ts';
import { isAlreadyExists, isNotFound } from '../kube/errors.ts';
import { Recent } from '../kube/recent.ts';
import { CONTROLLER_REVISIONS, PIPELINES } from '../kube/resource.ts';
import { compile } from '../plan/compile.ts';
import type { StepLibrary } from '../plan/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import { canonicalJson, planName } from '../plan/plan-hash.ts';
import { describeDiagnostics } from './diagnostics.ts';
import { packPlan, unpackPlan } from './plan-data.ts';
import { labelValue } from './pod/label-value.ts';
import type { Views } from './views.ts';

export type PlanAnswer = { plan: Plan; planName: string } | { problem: PlanProblem };

export type PlanClient = Pick<ApiClient, 'get' | 'create'>;

interface Owner {
  kind: 'Pipeline' | 'Run';
  object: KubeObject & { spec: unknown };
  spec: PipelineSpec;
}

const MOST_PLANS = 200;
/** Of their JSON; in memory a plan takes some times as much. */
const MOST_PLANS_BYTES: number = 24 << 20;

/** What a compilation gave: only where the plan is, which may be large. */
type Compiled = { planName: string } | { problem: PlanProblem };

export class PlanStore {
  readonly #client: PlanClient;
  readonly #library: StepLibrary;
  readonly #pipelines: Views['pipelines'];
  /** By namespace and name of the ControllerRevision. */
  readonly #plans = new Recent<string, Plan>(MOST_PLANS, MOST_PLANS_BYTES);
  /** By UID and generation of the owner: what its compilation gave, and where it is stored. */
  readonly #compiled = new Recent<string, Promise<Compiled>>(MOST_PLANS);

  constructor(client: PlanClient, library: StepLibrary, pipelines: Views['pipelines']) {
    this.#client = client;
    this.#library = library;
    this.#pipelines = pipelines;
  }

  async planFor(run: Run): Promise<PlanAnswer> {
    const namespace = run.metadata.namespace ?? '';
    const recorded = run.status?.plan;
    if (recorded !== undefined) return await this.#load(namespace, recorded);
    const owner = await this.#owner(run, namespace);
    if ('problem' in owner) return owner;
    const version = `${owner.object.metadata.uid ?? ''}/${owner.object.metadata.generation ?? 0}`;
    let compiled = this.#compiled.get(version);
    if (compiled === undefined) {
      compiled = this.#freeze(owner, namespace);
      this.#compiled.set(version, compiled);
    }
    let answer: Compiled;
    try {
      answer = await compiled;
    } catch (error) {
      this.#compiled.delete(version);
      throw error;
    }
    return 'problem' in answer ? answer : await this.#load(namespace, answer.planName);
  }

  async #owner(run: Run, namespace: string): Promise<Owner | { problem: PlanProblem }> {
    const { pipelineSpec, pipelineRef } = run.spec;
    if (pipelineSpec !== undefined) return { kind: 'Run', object: run, spec: pipelineSpec };
    const name = pipelineRef?.name ?? '';
    const key = { namespace, name };
    const cached = this.#pipelines.get(key);
    if (cached !== undefined) return { kind: 'Pipeline', object: cached, spec: cached.spec };
    try {
      // Both may have been applied at once and be seen in the other order.
      const live = await this.#client.get(PIPELINES, key);
      this.#pipelines.observe(live);
      return { kind: 'Pipeline', object: live, spec: live.spec };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const message = `there is no Pipeline "${name}" in namespace "${namespace}"; the Run starts when it appears`;
      return { problem: { reason: 'PipelineNotFound', message } };
    }
  }

  async #freeze(owner: Owner, namespace: string): Promise<Compiled> {
    const name = owner.object.metadata.name ?? '';
    const compiled = compile(owner.spec, { name, library: this.#library });
    if ('errors' in compiled) {
      return { problem: { reason: 'InvalidPipeline', message: describeDiagnostics(compiled.errors) } };
    }
    const { plan } = compiled;
    const data = packPlan(plan);
    const frozen = planName(plan, owner.object.metadata.uid ?? '');
    const revision: ControllerRevision = {
      metadata: {
        name: frozen,
        namespace,
        labels: { [LABEL_MANAGED_BY]: 'otto', [LABEL_PIPELINE]: labelValue(name) },
        ownerReferences: [ownerReference(owner)],
      },
      revision: owner.object.metadata.generation ?? 1,
      data,
    };
    try {
      await this.#client.create(CONTROLLER_REVISIONS, namespace, revision);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // The name holds the content's hash, so what is there should be the same; but whoever may write there can guess it.
      const found = await this.#client.get(CONTROLLER_REVISIONS, { namespace, name: frozen });
      const same = unpackPlan(found.data);
      if (same === undefined || canonicalJson(same) !== canonicalJson(plan)) {
        throw new Error(
          `ControllerRevision "${frozen}" in namespace "${namespace}" has the name of a plan and holds something else; delete it`,
          { cause: error },
        );
      }
    }
    this.#keep(`${namespace}/${frozen}`, plan);
    return { planName: frozen };
  }

  #keep(key: string, plan: Plan): void {
    this.#plans.set(key, plan, JSON.stringify(plan).length);
  }

  async #load(namespace: string, name: string): Promise<PlanAnswer> {
    const key = `${namespace}/${name}`;
    const known = this.#plans.get(key);
    if (known !== undefined) return { plan: known, planName: name };
    try {
      const revision = await this.#client.get(CONTROLLER_REVISIONS, { namespace, name });
      const plan = unpackPlan(revision.data);
      if (plan !== undefined) {
        this.#keep(key, plan);
        return { plan, planName: name };
      }
      return lost(`ControllerRevision "${name}" holds no plan of this version of Otto; start a new Run`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return lost(`ControllerRevision "${name}", which holds this Run's plan, was deleted; start a new Run`);
    }
  }
}

function lost(message: string): PlanAnswer {
  return { problem: { reason: 'PlanLost', message } };
}

function ownerReference(owner: Owner): OwnerReference {
  const { name = '', uid = '' } = owner.object.metadata;
  return {
    apiVersion: API_VERSION,
    kind: owner.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: false,
  };
}
