/** The log of a stage's runner, as the kubelet gives it. */
import type { ServerResponse } from 'node:http';
import { RUNNER_CONTAINER } from '../../api/names.ts';
import { answer, status } from '../../kube/testing/fake-api.ts';

export class PodLog {
  readonly #lines: string[] = [];
  readonly #followers = new Set<ServerResponse>();
  #hasStarted = true;
  #hasEnded = false;

  /** The kubelet does not know yet that the container runs. */
  notStarted(): this {
    this.#hasStarted = false;
    return this;
  }

  write(...lines: readonly string[]): this {
    this.#hasStarted = true;
    for (const line of lines) {
      const stamped = `2026-01-01T12:00:00.${String(this.#lines.length).padStart(9, '0')}Z ${line}\n`;
      this.#lines.push(stamped);
      for (const follower of this.#followers) follower.write(stamped);
    }
    return this;
  }

  end(): this {
    this.#hasEnded = true;
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
    return this;
  }

  get following(): number {
    return this.#followers.size;
  }

  serve(query: URLSearchParams, response: ServerResponse): void {
    if (!this.#hasStarted) {
      const message = 'container "otto" in pod is waiting to start: ContainerCreating';
      answer(response, 400, { ...status(400, 'BadRequest'), message });
      return;
    }
    response.writeHead(200);
    response.flushHeaders();
    const tail = Number(query.get('tailLines') ?? this.#lines.length);
    for (const line of tail === 0 ? [] : this.#lines.slice(-tail)) response.write(line);
    if (query.get('follow') === 'true' && !this.#hasEnded) this.#followers.add(response);
    else response.end();
  }

  pod(name: string): object {
    const state = this.#hasEnded ? { terminated: { exitCode: 0 } } : { running: {} };
    return { metadata: { name }, status: { containerStatuses: [{ name: RUNNER_CONTAINER, state }] } };
  }
}
