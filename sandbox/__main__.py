"""`python -m sandbox …`: the sandbox's command line."""

from sandbox.cli import run

if __name__ == "__main__":
    run()
