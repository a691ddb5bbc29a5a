/** Runs steps in order, each with its modifiers: if, env, timeout, retries, continueOnError. */
import type { Json } from '../api/pipeline.ts';
import { holds, renderJson, renderText } from './late-text.ts';
import { failed, goesOn, isFailure, messageOf, type Outcome, stopped, succeeded, worse } from './outcome.ts';
import type { StepInstruction } from './protocol.ts';
import type { Call, Place, StageState } from './stage-state.ts';
import { StepOutput } from './step-output.ts';
import { pause } from './stop.ts';
import { perform, runsInContainer } from './symbols.ts';

/** Until one ends badly. The outcome says which, in its message. */
export async function runSteps(
  steps: readonly StepInstruction[],
  place: Place,
  state: StageState,
): Promise<Outcome> {
  let whole = succeeded();
  for (const step of steps) {
    const { stop } = place.stop;
    if (stop !== undefined) return stopped(whole, stop);
    const { outcome, name } = await runStep(step, place, state);
    const isForgiven = isFailure(outcome) && step.continueOnError && place.stop.stop === undefined;
    if (isForgiven) continue;
    whole = worse(whole, step.block === undefined ? named(outcome, name) : { ...outcome, outputs: {} });
    if (!goesOn(outcome)) return whole;
    // A library step may end the whole stage and be well itself.
    if (!place.post && state.verdict?.result === 'Aborted') return worse(whole, state.verdict);
  }
  return whole;
}

/** `Step 'make' ended with exit code 2: …`; what is in a block is named already. */
function named(outcome: Outcome, name: string): Outcome {
  const { message } = outcome;
  return { ...outcome, outputs: {}, message: `step '${name}'${message === undefined ? '' : `: ${message}`}` };
}

interface Ended {
  outcome: Outcome;
  name: string;
}

async function runStep(step: StepInstruction, place: Place, state: StageState): Promise<Ended> {
  const { progress, log } = state;
  const outer = state.environment(place.env);
  const name = await nameOf(step, outer, state);
  const own = await renderEnv(step, outer, state);
  const env = { ...place.env, ...own.env };
  const skipped = (message?: string): Ended => {
    const { number, status } = progress.skip(step, name, message);
    log.start(number, status.name);
    if (message !== undefined) log.note(message);
    log.end(number, 'Skipped', 0);
    const outcome: Outcome = { result: 'Skipped', outputs: {} };
    state.record(step, outcome);
    return { outcome, name };
  };
  let problem = own.problem;
  if (step.if !== undefined) {
    try {
      if (!(await holds(step.if, state.values(state.environment(env))))) return skipped();
    } catch (error) {
      problem = `if: ${messageOf(error)}`;
    }
  }
  const script = firstScript(step);
  if (script !== undefined && !place.post) {
    // Before it counts as started: an image may have to be pulled.
    await state.containers.ready(script.container, place.stop.signal);
  } else if (script === step) {
    // Post steps have little time, and nothing comes up in a pod that is being ended.
    const missing = state.containers.missing(step.container);
    if (missing !== undefined) return skipped(`left out: ${missing}`);
  }
  const { number, status } = progress.start(step, name);
  log.start(number, status.name);
  const started = Date.now();
  const here = { ...place, env };
  const ended =
    problem === undefined ? await tries(step, name, here, state) : failed(problem, 'InvalidExpression');
  const outcome = state.record(step, ended);
  progress.end(step, outcome);
  if (outcome.message !== undefined && step.block === undefined) log.note(progress.mask(outcome.message));
  log.end(number, outcome.result, Date.now() - started);
  return { outcome, name };
}

/** Whose container must be up for the step's time to count: its own, or of a block with a timeout the first in it. */
function firstScript(step: StepInstruction): StepInstruction | undefined {
  if (runsInContainer(step.symbol)) return step;
  if (step.timeoutSeconds === undefined) return undefined;
  const scripts = (steps: readonly StepInstruction[]): StepInstruction[] =>
    steps.flatMap((inner) => (runsInContainer(inner.symbol) ? [inner] : scripts(inner.block ?? [])));
  return scripts(step.block ?? [])[0];
}

async function tries(step: StepInstruction, name: string, place: Place, state: StageState): Promise<Outcome> {
  const { limit, backoff } = step.retries;
  for (let tried = 1; ; tried++) {
    const outcome = await oneTry(step, name, place, state);
    if (!isFailure(outcome) || place.stop.stop !== undefined) return outcome;
    if (tried > limit) return limit === 0 ? outcome : { ...outcome, message: lastOf(tried, outcome) };
    const wait = Math.min(backoff.initialSeconds * backoff.factor ** (tried - 1), backoff.maxSeconds);
    const why = state.progress.mask(outcome.message ?? outcome.result);
    state.log.note(`try ${tried} of ${limit + 1}: ${why}; tried again in ${wait} s`);
    await pause(wait * 1000, place.stop.signal);
    const { stop } = place.stop;
    if (stop !== undefined) return stopped(outcome, stop);
  }
}

function lastOf(tried: number, { message = '' }: Outcome): string {
  return `${message}${message === '' ? '' : ' '}(the last of ${tried} tries)`;
}

async function oneTry(
  step: StepInstruction,
  name: string,
  place: Place,
  state: StageState,
): Promise<Outcome> {
  const stop = place.stop.child();
  if (step.timeoutSeconds !== undefined) stop.expire(step.timeoutSeconds, 'step');
  try {
    const outcome = await attempt(step, name, { ...place, stop }, state);
    return stop.stop === undefined ? outcome : stopped(outcome, stop.stop);
  } finally {
    stop.dispose();
  }
}

async function attempt(
  step: StepInstruction,
  name: string,
  place: Place,
  state: StageState,
): Promise<Outcome> {
  const env = state.environment(place.env);
  let parameters: { [name: string]: Json };
  let output: StepOutput;
  try {
    parameters = await renderParameters(step, env, state);
    output = new StepOutput(state.log, state.patterns, encodingOf(parameters));
  } catch (error) {
    return failed(messageOf(error), 'InvalidExpression');
  }
  const call: Call = { step, name, parameters, env, place, output, state };
  try {
    return await perform(call, (inner) => runSteps(step.block ?? [], inner, state));
  } finally {
    output.end();
  }
}

function encodingOf({ encoding }: { [name: string]: Json }): string | undefined {
  return typeof encoding === 'string' && encoding !== '' ? encoding : undefined;
}

async function renderParameters(
  step: StepInstruction,
  env: Record<string, string>,
  state: StageState,
): Promise<{ [name: string]: Json }> {
  const values = state.values(env);
  const entries: [string, Json][] = [];
  for (const [name, value] of Object.entries(step.parameters)) {
    entries.push([name, await renderJson(value, values)]);
  }
  return Object.fromEntries(entries);
}

/** What cannot be rendered is a problem only if the step is to run at all: its `if` may say that it is not. */
async function renderEnv(
  step: StepInstruction,
  outer: Record<string, string>,
  state: StageState,
): Promise<{ env: Record<string, string>; problem?: string }> {
  const values = state.values(outer);
  const rendered: [string, string][] = [];
  let problem: string | undefined;
  for (const [name, text] of Object.entries(step.env)) {
    try {
      rendered.push([name, await renderText(text, values)]);
    } catch (error) {
      problem ??= `env ${name}: ${messageOf(error)}`;
    }
  }
  const env = Object.fromEntries(rendered);
  return problem === undefined ? { env } : { env, problem };
}

/** A label may speak of earlier steps; one that cannot be rendered is shown as it is written. */
async function nameOf(
  step: StepInstruction,
  env: Record<string, string>,
  state: StageState,
): Promise<string> {
  try {
    return await renderText(step.name, state.values(env));
  } catch {
    return step.name;
  }
}
