"""CDK stacks: they place what `governance` decided and decide nothing about access themselves."""
