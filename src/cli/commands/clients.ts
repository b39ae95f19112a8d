export const run = async (): Promise<0> => 0;
