"""What a school allows to change during the year: the table ``[changes]`` of a regulation, and what follows."""
