/** Options for Node, before the program's name. */
export declare function nodeOptions(): string[]
/** `environment`, with state in large pages unless it says otherwise. */
export declare function nodeEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv
