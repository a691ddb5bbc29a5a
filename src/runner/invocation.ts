/** What a library step is called with: the path of a file with this as JSON. */
import type { Json } from '../api/pipeline.ts';

export interface Invocation {
  configuration: {
    /** The Run. */
    pipeline: string;
    /** This try of this step. */
    uuid: string;
    /** Unix socket that takes `POST /control`. */
    ipc: string;
    endpoints: { objects?: { url: string } };
    /** No path may lead out of it. */
    workspace: string;
    /** Folder for what nobody else must see; goes with the step. */
    tmp: string;
    /** Folders of the Secrets that the step's parameters name, by parameter. No others are for it. */
    credentials: Record<string, string>;
  };
  parameters: { [name: string]: Json };
}
