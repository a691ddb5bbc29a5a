/** Every list and text has a bound: a plan must fit a ControllerRevision, a stage's instructions its pod. */
export const MAX_STAGES = 2000;
export const MAX_GROUP_DEPTH = 8;
export const MAX_NEEDS = 200;
/** Of one stage, its blocks and `post` included. */
export const MAX_STEPS = 200;
export const MAX_BLOCK_DEPTH = 8;
export const MAX_SCRIPT_BYTES: number = 64 * 1024;
export const MAX_ENV = 200;
export const MAX_PARAMS = 100;
export const MAX_CONTAINERS = 20;
export const MAX_OUTPUTS = 50;
export const MAX_RETRIES = 10;
/** Of one stage's planned form, and of its instance: it travels in the pod's environment. */
export const MAX_STAGE_BYTES: number = 512 * 1024;
/** Of the whole plan, unpacked: a large one is stored compressed, since etcd refuses requests over 1.5 MiB. */
export const MAX_PLAN_BYTES: number = 8 * 1024 * 1024;
export const MAX_TEXT_CHARACTERS: number = 64 * 1024;
export const MAX_EXPRESSION_CHARACTERS = 4096;
/** Of maps and lists within each other, such as a podTemplate's; counted from the resource's root. */
export const MAX_DEPTH = 64;
/** 30 days. */
export const MAX_TIMEOUT_SECONDS: number = 30 * 86_400;

export const DEFAULT_TIMEOUT_SECONDS: number = 6 * 3600;
export const DEFAULT_FINALLY_TIMEOUT_SECONDS: number = 600;
export const DEFAULT_GRACE_SECONDS = 10;
export const MAX_GRACE_SECONDS = 3600;
export const DEFAULT_INFRASTRUCTURE_RETRIES = 2;
