/** All that the SDK needs to speak to a local server: nothing of the host's own AWS set-up is looked at. */
export const localAws = (endpoint: string) => ({
  endpoint,
  region: LOCAL_REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

export const LOCAL_REGION = 'us-east-1';
