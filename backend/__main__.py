"""`python -m backend …`: the back office's command line."""

from backend.cli import main

if __name__ == "__main__":
    main()
