/** A stage from its first step to its last report. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeTemplate } from '../plan/template.ts';
import { Containers } from './containers.ts';
import { prepareExpressions, renderText } from './late-text.ts';
import { maskPatterns } from './mask.ts';
import { failed, goesOn, messageOf, type Outcome, worse } from './outcome.ts';
import { Progress, type StageEnd } from './progress.ts';
import type { Instructions, ReportedResult, StepInstruction } from './protocol.ts';
import { secretValues } from './secrets.ts';
import { StageLog } from './stage-log.ts';
import { type Place, StageState } from './stage-state.ts';
import { runSteps } from './steps.ts';
import { StopSource } from './stop.ts';

/** Longest grace of a post step: the pod has but seconds left when their common limit is over. */
const POST_GRACE_MS = 2000;

export interface StageOptions {
  instructions: Instructions;
  /** Ends the steps; `post` still runs. */
  interruption: StopSource;
  write: (text: string) => void;
  now: () => number;
  /** Folder of the step library. */
  library: string;
  /** How long a container may take to come up. */
  containerWaitMs: number;
}

export class StageRun {
  readonly progress: Progress;
  readonly #options: StageOptions;
  readonly #state: StageState;
  readonly #checkout: StepInstruction | undefined;

  constructor(options: StageOptions) {
    const { instructions, write, now } = options;
    this.#options = options;
    this.#checkout = checkoutStep(instructions);
    const { post, steps, outputs } = instructions;
    prepareExpressions(steps, post, outputs);
    const patterns = maskPatterns(secretValues(instructions.credentials));
    const checkout = this.#checkout === undefined ? [] : [this.#checkout];
    const all = [...checkout, ...steps, ...post.success, ...post.failure, ...post.always];
    this.progress = new Progress(instructions, all, patterns, now);
    this.#state = new StageState({
      instructions,
      log: new StageLog(write, instructions.limits.logBytes, now),
      patterns,
      progress: this.progress,
      containers: new Containers(instructions.io, instructions.containers, options.containerWaitMs),
      tmp: mkdtempSync(join(tmpdir(), 'otto-')),
      library: options.library,
      checkout: this.#checkout,
    });
  }

  /** The progress is finished when this resolves. */
  async run(): Promise<void> {
    const { instructions, interruption } = this.#options;
    const stop = interruption.child();
    try {
      const { timeoutSeconds } = instructions;
      if (timeoutSeconds !== undefined) {
        // As the operator counts it: that an image is pulled is not the stage's doing.
        void this.#state.containers.allUp().then(() => stop.expire(timeoutSeconds, 'stage'));
      }
      let ended = await this.#steps(stop);
      stop.dispose();
      const outputs = goesOn(ended) ? await this.#outputs() : { values: {} };
      if ('problem' in outputs) ended = worse(ended, failed(outputs.problem, outputs.reason));
      ended = await this.#post(ended);
      this.progress.finish(endOf(ended, 'values' in outputs ? outputs.values : {}));
    } finally {
      stop.dispose();
      this.#state.containers.close();
      rmSync(this.#state.tmp, { recursive: true, force: true });
    }
  }

  async #steps(stop: StopSource): Promise<Outcome> {
    const { instructions } = this.#options;
    const place: Place = {
      stop,
      directory: instructions.workspace,
      env: {},
      graceMs: instructions.graceSeconds * 1000,
      post: false,
    };
    const checkout = this.#checkout === undefined ? [] : [this.#checkout];
    const ended = await runSteps([...checkout, ...instructions.steps], place, this.#state);
    return this.#state.verdict === undefined ? ended : worse(ended, this.#state.verdict);
  }

  async #post(ended: Outcome): Promise<Outcome> {
    const { post, postSeconds, workspace, graceSeconds } = this.#options.instructions;
    const stop = new StopSource();
    const place: Place = {
      stop,
      directory: workspace,
      env: {},
      graceMs: Math.min(graceSeconds * 1000, POST_GRACE_MS),
      post: true,
    };
    stop.expire(postSeconds, 'post');
    let whole = ended;
    for (const steps of [goesOn(ended) ? post.success : post.failure, post.always]) {
      const outcome = await runSteps(steps, place, this.#state);
      const { reason = goesOn(outcome) ? undefined : 'PostFailed', message, ...rest } = outcome;
      // How the steps ended is told, unless they ended well.
      whole = goesOn(ended)
        ? worse(whole, {
            ...rest,
            ...(reason === undefined ? {} : { reason }),
            ...(message === undefined ? {} : { message: `post: ${message}` }),
          })
        : whole;
    }
    stop.dispose();
    // What a library step said of the stage, also of one in post.
    return this.#state.verdict === undefined ? whole : worse(whole, this.#state.verdict);
  }

  async #outputs(): Promise<{ values: Record<string, string> } | { problem: string; reason: string }> {
    const { outputs, limits } = this.#options.instructions;
    const rendered: [string, string][] = [];
    const scope = this.#state.values(this.#state.environment({}));
    for (const [name, template] of Object.entries(outputs)) {
      try {
        rendered.push([name, await renderText(template, scope)]);
      } catch (error) {
        return { problem: `output ${name}: ${messageOf(error)}`, reason: 'InvalidExpression' };
      }
    }
    const values = Object.fromEntries(rendered);
    const bytes = Buffer.byteLength(JSON.stringify(values));
    if (bytes <= limits.outputsBytes + 2) return { values };
    // Cut, a value would be a wrong one for whoever reads it.
    const problem = `the outputs of the stage take ${bytes} bytes, at most ${limits.outputsBytes} are kept: hand over large data in files`;
    return { problem, reason: 'OutputsTooLong' };
  }
}

/** Its values are final, so they are escaped for the rendering that all steps get. */
function checkoutStep({ checkout }: Instructions): StepInstruction | undefined {
  if (checkout === undefined) return undefined;
  const { url, ref, revision, depth = 0, submodules, credentials } = checkout;
  const given = { url, branch: ref, revision, depth, submodules, credentials };
  const parameters: StepInstruction['parameters'] = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) parameters[name] = typeof value === 'string' ? escapeTemplate(value) : value;
  }
  const backoff = { initialSeconds: 0, factor: 1, maxSeconds: 0 };
  return {
    symbol: 'git',
    name: 'checkout',
    parameters,
    env: {},
    continueOnError: false,
    retries: { limit: 0, backoff },
  };
}

const RESULTS: { readonly [result in Outcome['result']]: ReportedResult } = {
  Skipped: 'Succeeded',
  Succeeded: 'Succeeded',
  Unstable: 'Unstable',
  Failed: 'Failed',
  Aborted: 'Aborted',
  TimedOut: 'TimedOut',
  Cancelled: 'Interrupted',
  Lost: 'Lost',
};
const REASONS: { readonly [result in ReportedResult]?: string } = {
  Unstable: 'StepUnstable',
  Failed: 'StepFailed',
  Aborted: 'StepAborted',
  TimedOut: 'StepTimedOut',
  Interrupted: 'Interrupted',
  Lost: 'ContainerLost',
};

function endOf(outcome: Outcome, outputs: Record<string, string>): StageEnd {
  const result = RESULTS[outcome.result];
  if (result === 'Succeeded') return { result, outputs };
  const reason = outcome.reason ?? REASONS[result];
  const { message } = outcome;
  return {
    result,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message: message.charAt(0).toUpperCase() + message.slice(1) }),
    ...(result === 'Unstable' ? { outputs } : {}),
  };
}
