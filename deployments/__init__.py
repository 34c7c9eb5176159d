"""What runs when, where and for whom: model specs, policies, servers and the command line."""
