"""Whenever … then …: one file a reaction, and what the clock issues by date."""

from credit_rating.reactions.check_with_group import check_with_group
from credit_rating.reactions.open_credit_file import open_credit_file
from credit_rating.reactions.reviews import REVIEWS
from credit_rating.reactions.securities import SECURITIES
from credit_rating.reactions.use_reservation import use_reservation

REACTIONS = [open_credit_file, use_reservation, check_with_group]
CLOCK = [*REVIEWS, *SECURITIES]
