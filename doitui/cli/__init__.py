"""The command line. `main` has the group and the exit; a file each for the commands of one noun."""
