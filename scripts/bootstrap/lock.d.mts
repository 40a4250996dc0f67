export declare function withLock<T>(folder: string, say: (message: string) => void, work: () => Promise<T>): Promise<T>;
