export declare function downloadTemporal(options: {
  readonly to: string;
  readonly work: string;
  readonly say: (message: string) => void;
}): Promise<void>;
